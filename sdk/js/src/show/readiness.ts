// May a nudge appear on this page at this moment? Path, delay, anchor, dialogs of the host, somebody writing.

import { pathMatches, pathsOf } from '../core/where';
import type { Nudge, Platform, Where } from '../core/types';
import { quietly } from '../platform/browser';
import { findAnchor, inView, isTyping, openModal } from '../platform/page';

/** An anchor may come late: frameworks mount lazily. Then the nudge is skipped, and said to be. */
const ANCHOR_MS = 10_000;
/** A better nudge that is still waiting keeps the place free for this long after a route change. */
const SETTLE_MS = 1000;
const MODAL_MS = 3000;

/** `late`: its anchor is not there yet. */
export type Ready = 'no' | 'wait' | 'late' | 'ready';

interface Wires {
  platform: Platform;
  missing(nudge: Nudge): void;
  consider(): void;
}

export class Readiness {
  private since = new Map<string, number>();
  private readonly reported = new Set<string>();
  private readonly views = new Map<Element, () => void>();
  private cancelTimer: (() => void) | null = null;
  private observer: MutationObserver | null = null;
  private routeAt: number;
  private keyAt = -Infinity;
  private readonly onKey = () => (this.keyAt = this.wires.platform.now());

  constructor(private readonly wires: Wires) {
    this.routeAt = wires.platform.now();
    addEventListener('keydown', this.onKey, true);
  }

  stop(): void {
    this.clear();
    removeEventListener('keydown', this.onKey, true);
  }

  clear(): void {
    this.since.clear();
    this.unwatch();
  }

  routeChanged(): void {
    this.routeAt = this.wires.platform.now();
    this.since.clear();
  }

  /** The next step of a tour has time of its own to find its anchor. */
  restart(nudge: Nudge): void {
    this.since.delete(nudge.key);
    this.reported.delete(nudge.key);
  }

  get settling(): boolean {
    return this.wires.platform.now() - this.routeAt < SETTLE_MS;
  }

  onPath({ path }: Where): boolean {
    return pathsOf(location.pathname, location.hash).some((one) => pathMatches(path, one));
  }

  /** `free`: no other nudge of ours interrupts at the moment. */
  of(nudge: Nudge, where: Where, free: boolean): Ready {
    const now = this.wires.platform.now();
    const { anchor, delay_seconds: delay = 0 } = where;
    const { surface } = nudge;
    const since = this.since.get(nudge.key) ?? now;
    this.since.set(nudge.key, since);
    if (now - since < delay * 1000) return 'wait';
    const dialog = openModal();
    if (anchor || surface === 'tooltip' || surface === 'hotspot') {
      const element = anchor ? findAnchor(anchor) : null;
      if (!element) return this.anchorLate(nudge, anchor, now - since - delay * 1000);
      if (dialog && !within(dialog, element)) return 'wait';
      if (!this.seen(element)) return 'wait';
    } else if (dialog && nudge.kind !== 'passive') return 'wait';
    const typing = () => isTyping(now - this.keyAt);
    if (surface === 'survey') return typing() ? 'wait' : 'ready';
    if (surface !== 'modal') return 'ready';
    return dialog || now - this.routeAt < MODAL_MS || typing() || !free ? 'wait' : 'ready';
  }

  private anchorLate(nudge: Nudge, anchor: string | undefined, waited: number): Ready {
    if (waited < ANCHOR_MS && anchor) return 'late';
    if (!this.reported.has(nudge.key)) {
      this.reported.add(nudge.key);
      this.wires.missing(nudge);
    }
    return 'no';
  }

  /** Is the anchor on the screen? If not, look again when it is scrolled there. */
  private seen(element: Element): boolean {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    if (bottom > 0 && right > 0 && top < innerHeight && left < innerWidth) return true;
    if (!this.views.has(element)) {
      this.views.set(
        element,
        inView(element, (visible) => visible && quietly(() => this.wires.consider())),
      );
    }
    return false;
  }

  /** While something waits, twice a second; for an anchor that is late, also soon after the page changed. */
  watch(late: boolean): void {
    const { platform, consider } = this.wires;
    const look = (ms: number) => {
      this.cancelTimer?.();
      this.cancelTimer = platform.later(consider, ms);
    };
    look(500);
    if (!late) return;
    this.observer = new MutationObserver(() => {
      this.observer?.disconnect();
      look(100);
    });
    const attributeFilter = ['data-waypost', 'hidden', 'class', 'style', 'open', 'inert'];
    this.observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter });
  }

  unwatch(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.observer?.disconnect();
    for (const stop of this.views.values()) stop();
    this.views.clear();
  }
}

function within(outer: Element, inner: Node): boolean {
  for (let node: Node | null = inner; node; node = node.parentNode ?? (node as Partial<ShadowRoot>).host ?? null) {
    if (node === outer) return true;
  }
  return false;
}
