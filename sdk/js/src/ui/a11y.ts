// Focus: into a nudge and back to where it came from.

import { focused, openModal } from '../platform/page';

const TABBABLE =
  'a[href],button,input,select,textarea,summary,iframe,[tabindex],[contenteditable=""],[contenteditable=true]';

export function tabbables(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>(TABBABLE)].filter(
    (element) => element.tabIndex >= 0 && !element.matches(':disabled') && element.getClientRects().length > 0,
  );
}

/** Focus `target`, also where it takes none by itself: then for as long as it has it. */
export function focusOn(target: HTMLElement): void {
  const first = target.matches(TABBABLE) ? target : (tabbables(target)[0] ?? target);
  first.focus({ preventScroll: false });
  if (focused() === first) return;
  first.setAttribute('tabindex', '-1');
  first.addEventListener('blur', () => first.removeAttribute('tabindex'), { once: true });
  first.focus();
}

/** Never leave the focus on nothing: the page's main part is the neighbour of everything. */
export function rescueFocus(): void {
  const main = document.querySelector<HTMLElement>('main,[role=main],h1');
  if (main && (!document.activeElement || document.activeElement === document.body)) focusOn(main);
}

/** What is on the screen, oldest first. `idle`: a mere button now, that keys elsewhere in the page are not meant for. */
export const open: { host: HTMLElement; idle?(): boolean }[] = [];

export interface Reach {
  /** The host element of our shadow root. */
  host: HTMLElement;
  inside: ParentNode;
  /** Tab order continues around this element; without one only F6 leads in. */
  anchor: HTMLElement | null;
  escape(): void;
  idle?(): boolean;
}

/**
 * Keys while a tooltip or banner is open. Escape closes, wherever the focus is. F6 goes in, and back. Tab from the
 * anchor goes in, Tab at the end goes on behind the anchor, Shift+Tab at the start goes back to it.
 */
export function reachable(reach: Reach): { stop(): void; back(): void } {
  const { host, inside, anchor, escape } = reach;
  let origin: HTMLElement | null = null;
  const isInside = () => document.activeElement === host;
  const back = () => {
    const target = origin?.isConnected ? origin : anchor;
    if (target?.isConnected) focusOn(target);
  };
  const enter = () => {
    origin = anchor ?? focused();
    tabbables(inside)[0]?.focus();
  };
  const tab = (event: KeyboardEvent) => {
    if (!anchor) return false;
    const own = tabbables(inside);
    const at = focused();
    if (isInside()) {
      const edge = event.shiftKey ? own[0] : own[own.length - 1];
      if (at !== edge) return false;
      if (event.shiftKey) focusOn(anchor);
      else {
        const rest = tabbables(document).filter((element) => isAfter(anchor, element) && element !== host);
        (rest[0] ?? anchor).focus();
      }
      return true;
    }
    if (event.shiftKey || at !== (tabbables(anchor).pop() ?? anchor)) return false;
    enter();
    return true;
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    // Several may be open: the key is for the one with the focus, else for the one that came last.
    const awake = open.filter((one) => !one.idle?.());
    const last = (awake.length ? awake : open).slice(-1)[0];
    if ((open.find((one) => one.host === document.activeElement) ?? last) !== reach) return;
    // A dialog of the host's over us: it is the one that Escape is meant for.
    const dialog = openModal();
    if (dialog && !dialog.contains(host)) return;
    let ours = false;
    if (event.key === 'Escape') {
      // A key pressed inside belongs to us alone; elsewhere the page may have its own use for it.
      ours = isInside();
      if (!reach.idle?.()) escape();
    } else if (event.key === 'F6') {
      ours = true;
      if (isInside()) back();
      else enter();
    } else if (event.key === 'Tab') ours = tab(event);
    if (ours) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  addEventListener('keydown', onKey, true);
  open.push(reach);
  const stop = () => {
    removeEventListener('keydown', onKey, true);
    open.splice(open.indexOf(reach), 1);
  };
  return { stop, back: () => isInside() && back() };
}

function isAfter(anchor: Element, other: Element): boolean {
  return !anchor.contains(other) && !!(anchor.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
}
