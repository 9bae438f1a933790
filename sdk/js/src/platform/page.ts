// The host's page: its route, its anchors, its dialogs, and whether somebody is typing.

export function here(): string {
  return location.pathname + location.search + location.hash;
}

/** Call `changed` after every route change; the result puts the page back as it was. */
export function watchRoute(changed: () => void): () => void {
  let last = here();
  const look = () => {
    if (here() === last) return;
    last = here();
    changed();
  };
  const undo: (() => void)[] = [];
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    const patched: History['pushState'] = function (this: History, ...args) {
      original.apply(this, args);
      // Never inside the host's own call: an error or a delay of ours is none of its business.
      queueMicrotask(look);
    };
    history[name] = patched;
    undo.push(() => {
      if (history[name] === patched) history[name] = original;
    });
  }
  for (const name of ['popstate', 'hashchange']) {
    addEventListener(name, look);
    undo.push(() => removeEventListener(name, look));
  }
  return () => undo.forEach((fn) => fn());
}

/** Rendered, not transparent, and not hidden from anybody. */
export function isVisible(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  if (!element.isConnected || !width || !height || element.closest('[inert],[aria-hidden=true]')) return false;
  return element.checkVisibility
    ? element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    : getComputedStyle(element).visibility === 'visible';
}

/** The first visible element marked `data-waypost=NAME`, looked for in open shadow roots too. */
export function findAnchor(name: string, root: ParentNode = document): HTMLElement | null {
  for (const found of root.querySelectorAll<HTMLElement>(`[data-waypost="${CSS.escape(name)}"]`)) {
    if (isVisible(found)) return found;
  }
  for (const { shadowRoot } of root.querySelectorAll('*')) {
    const found = shadowRoot && findAnchor(name, shadowRoot);
    if (found) return found;
  }
  return null;
}

/** Inside the viewport, and not scrolled out of a box around it. */
export function inView(element: Element, seen: (visible: boolean) => void): () => void {
  const watcher = new IntersectionObserver((entries) => seen(!!entries[entries.length - 1]?.isIntersecting));
  watcher.observe(element);
  return () => watcher.disconnect();
}

/** The host's own modal, if one is open. Whatever lies outside it cannot be reached. */
export function openModal(): Element | null {
  return [...document.querySelectorAll('dialog[open],[aria-modal=true]')].find(isVisible) ?? null;
}

/** What has the focus, looked for inside open shadow roots. */
export function focused(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element as HTMLElement | null;
}

const EDITABLE = 'textarea,select,[contenteditable=""],[contenteditable=true],[role=textbox],' +
  'input:not([type=button],[type=submit],[type=reset],[type=checkbox],[type=radio],[type=range],[type=color])';

/** In the middle of writing: the field is not empty, or a key was pressed a moment ago. */
export function isTyping(sinceKeyMs: number): boolean {
  const field = focused()?.closest<HTMLInputElement>(EDITABLE);
  return !!field && (sinceKeyMs < 3000 || !!(field.value ?? field.textContent));
}
