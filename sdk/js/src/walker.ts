// Walks down the decided list and shows what belongs on this page. Route changes need no request.

import type { Kind, Nudge, Platform, Reaction } from './core/types';
import { IDLE, next, type Session, type Step } from './core/session';
import { pathMatches, pathsOf } from './core/where';
import type { ClaimLock } from './platform/claim-lock';
import { quietly } from './platform/browser';
import { findAnchor, inView, isTyping, openModal } from './platform/page';
import { banner } from './ui/banner';
import { labelsFor, type Labels } from './ui/labels';
import { modal } from './ui/modal';
import type { Close, React } from './ui/mount';
import type { Theme } from './ui/theme';
import { tooltip } from './ui/tooltip';

const SURFACES = { tooltip, banner, modal };
const KINDS: Kind[] = ['interrupting', 'passive'];
/** An anchor may come late: frameworks mount lazily. Then the nudge is skipped, and said to be. */
const ANCHOR_MS = 10_000;
/** A better nudge that is still waiting keeps the place free for this long after a route change. */
const SETTLE_MS = 1000;
const MODAL_MS = 3000;
const SEEN_MS = 1000;
const GRANT_MS = 600_000;
const DAY_MS = 86_400_000;
const RETRY_MS = 30_000;

export interface Granted {
  granted: true;
  offer: string;
  expiresAt?: string;
}

export interface Wires {
  platform: Platform;
  lock: ClaimLock;
  theme: Theme;
  labels: Partial<Labels> | undefined;
  /** The server's word: an offer, 'held', or null when no usable answer came. */
  claim(nudge: Nudge, claimId: string): Promise<Granted | 'held' | null>;
  /** Who the list is for; a claim that comes back for somebody else is not painted. */
  subject(): string;
  reacted(nudge: Nudge, reaction: Reaction, offer: string | null, detail: Parameters<React>[1]): void;
  debug(...words: unknown[]): void;
}

interface Ask {
  id: string;
  granted?: Granted;
}

interface Place {
  session: Session;
  nudge: Nudge | null;
  close: Close | null;
}

/** `late`: its anchor is not there yet. */
type Readiness = 'no' | 'wait' | 'late' | 'ready';

export class Walker {
  private list: Nudge[] = [];
  private readonly places: Record<Kind, Place> = {
    interrupting: { session: IDLE, nudge: null, close: null },
    passive: { session: IDLE, nudge: null, close: null },
  };
  /** Claims by nudge: the same id again after a lost answer, the same offer again after the anchor came back. */
  private asks = new Map<string, Ask>();
  private since = new Map<string, number>();
  private readonly missing = new Set<string>();
  private resting = false;
  private routeAt: number;
  private keyAt = -Infinity;
  private mutedUntil = 0;
  private cancelTimer: (() => void) | null = null;
  private observer: MutationObserver | null = null;
  private readonly views = new Map<Element, () => void>();
  private readonly onKey = () => (this.keyAt = this.wires.platform.now());

  constructor(private readonly wires: Wires) {
    this.routeAt = wires.platform.now();
    addEventListener('keydown', this.onKey, true);
  }

  /** A new list, best first. What is open stays unless it is no longer on it. */
  offer(list: Nudge[]): void {
    this.list = list;
    this.resting = false;
    this.consider();
  }

  /** Another person, or nobody: everything about the last one goes. */
  clear(): void {
    for (const kind of KINDS) this.leave(kind);
    this.list = [];
    this.asks.clear();
    this.since.clear();
    this.unwatch();
  }

  stop(): void {
    this.clear();
    removeEventListener('keydown', this.onKey, true);
  }

  routeChanged(): void {
    this.routeAt = this.wires.platform.now();
    this.resting = false;
    this.since.clear();
    this.consider();
  }

  /** Another tab took it, or its person is done with it. */
  heard(id: string): void {
    for (const kind of KINDS) {
      const { nudge } = this.places[kind];
      if (nudge && this.idOf(nudge) === id) this.leave(kind);
    }
    this.consider();
  }

  idOf(nudge: Nudge): string {
    return `${this.wires.subject()} ${nudge.key}`;
  }

  /** Look at the page again; cheap when there is nothing to show. */
  consider(): void {
    this.unwatch();
    if (document.hidden || !document.body) return;
    let waiting = false;
    let late = false;
    for (const kind of KINDS) {
      const place = this.places[kind];
      if (place.nudge && !this.onPath(place.nudge)) this.leave(kind);
      if (place.session.phase !== 'idle') continue;
      for (const nudge of this.list) {
        if (nudge.kind !== kind || !SURFACES[nudge.surface]) continue;
        const ready = this.readiness(nudge);
        if (ready === 'ready') {
          quietly(() => this.show(nudge, place));
          break;
        }
        waiting ||= ready !== 'no';
        late ||= ready === 'late';
        if (ready !== 'no' && this.wires.platform.now() - this.routeAt < SETTLE_MS) break;
      }
    }
    if (waiting) this.watch(late);
  }

  private onPath(nudge: Nudge): boolean {
    return pathsOf(location.pathname, location.hash).some((path) => pathMatches(nudge.where?.path, path));
  }

  private readiness(nudge: Nudge): Readiness {
    const { lock, platform } = this.wires;
    const now = platform.now();
    const { anchor, delay_seconds: delay = 0 } = nudge.where ?? {};
    const interrupting = nudge.kind === 'interrupting';
    if (!this.onPath(nudge) || (interrupting && this.resting)) return 'no';
    if (!this.offered(nudge) && lock.held(this.idOf(nudge))) return 'no';
    if (now < this.mutedUntil) return 'wait';
    const since = this.since.get(nudge.key) ?? now;
    this.since.set(nudge.key, since);
    if (now - since < delay * 1000) return 'wait';
    const dialog = openModal();
    if (anchor || nudge.surface === 'tooltip') {
      const element = anchor ? findAnchor(anchor) : null;
      if (!element) return this.anchorLate(nudge, now - since - delay * 1000);
      if (dialog && !within(dialog, element)) return 'wait';
      if (!this.seen(element)) return 'wait';
    } else if (dialog && interrupting) return 'wait';
    if (nudge.surface !== 'modal') return 'ready';
    const early = dialog || now - this.routeAt < MODAL_MS || isTyping(now - this.keyAt);
    return early || this.places.interrupting.close ? 'wait' : 'ready';
  }

  private anchorLate(nudge: Nudge, waited: number): Readiness {
    if (waited < ANCHOR_MS && nudge.where?.anchor) return 'late';
    if (!this.missing.has(nudge.key)) {
      this.missing.add(nudge.key);
      this.wires.reacted(nudge, 'anchor_missing', null, undefined);
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
        inView(element, (visible) => visible && quietly(() => this.consider())),
      );
    }
    return false;
  }

  private offered(nudge: Nudge): Granted | undefined {
    const granted = this.asks.get(nudge.key)?.granted;
    return granted && !(Date.parse(granted.expiresAt ?? '') < this.wires.platform.now()) ? granted : undefined;
  }

  private step(place: Place, step: Step): Session {
    place.session = next(place.session, step);
    return place.session;
  }

  private async show(nudge: Nudge, place: Place): Promise<void> {
    this.step(place, { do: 'claim', nudge: nudge.key });
    place.nudge = nudge;
    const subject = this.wires.subject();
    const granted = this.offered(nudge) ?? (await this.ask(nudge));
    if (subject !== this.wires.subject() || place.nudge !== nudge) return;
    // The page had time to change: look once more before painting.
    const here = granted && !document.hidden && this.list.includes(nudge);
    if (granted && here && this.readiness(nudge) === 'ready') {
      this.step(place, { do: 'granted', offer: granted.offer });
      this.paint(nudge, place);
    } else {
      this.leave(nudge.kind);
      this.consider();
    }
  }

  /** Mark, ask, and remember the answer. Null: not now, or not here. */
  private async ask(nudge: Nudge): Promise<Granted | null> {
    const { lock, platform, claim, debug } = this.wires;
    const id = this.idOf(nudge);
    if (!(await lock.acquire(id))) return null;
    const ask = this.asks.get(nudge.key) ?? { id: platform.uuid() };
    this.asks.set(nudge.key, ask);
    const answer = await claim(nudge, ask.id);
    if (answer === 'held') {
      debug('held', nudge.key);
      this.asks.delete(nudge.key);
      this.list = this.list.filter((other) => other !== nudge);
    }
    if (!answer || answer === 'held') {
      // Nobody got it: another tab may ask. No answer at all: not again for a while.
      lock.mark(id, 0);
      if (!answer) this.mutedUntil = platform.now() + RETRY_MS;
      return null;
    }
    ask.granted = answer;
    lock.mark(id, GRANT_MS);
    lock.tell(id);
    return answer;
  }

  private paint(nudge: Nudge, place: Place): void {
    const { content, where, kind } = nudge;
    const close = SURFACES[nudge.surface]({
      content,
      labels: labelsFor(content.lang, this.wires.labels),
      theme: this.wires.theme,
      anchor: where?.anchor ? findAnchor(where.anchor) : null,
      react: (reaction, detail) => this.react(nudge, place, reaction, detail),
      gone: () => {
        this.leave(kind);
        this.consider();
      },
    });
    if (!close) return this.leave(kind);
    place.close = close;
    this.step(place, { do: 'painted' });
    this.reportSeen(nudge, place);
  }

  /** Shown means visible for a whole second, in a tab somebody can see. */
  private reportSeen(nudge: Nudge, place: Place): void {
    const { platform, reacted } = this.wires;
    const started = platform.now();
    let hidden = document.hidden;
    const note = () => (hidden ||= document.hidden);
    document.addEventListener('visibilitychange', note);
    const offer = place.session.offer;
    platform.later(() => {
      document.removeEventListener('visibilitychange', note);
      if (place.nudge !== nudge || place.session.offer !== offer) return;
      if (hidden || platform.now() - started < SEEN_MS - 50) return this.reportSeen(nudge, place);
      if (this.step(place, { do: 'seen' }).report) reacted(nudge, 'shown', offer, undefined);
    }, SEEN_MS);
  }

  private react(nudge: Nudge, place: Place, reaction: Reaction, detail?: Parameters<React>[1]): void {
    const { report, offer } = this.step(place, { do: 'react', reaction });
    if (!report) return;
    const { lock } = this.wires;
    const id = this.idOf(nudge);
    lock.mark(id, reaction === 'never_again' ? 30 * DAY_MS : detail?.days ? detail.days * DAY_MS : GRANT_MS);
    lock.tell(id);
    this.asks.delete(nudge.key);
    this.list = this.list.filter((other) => other.key !== nudge.key);
    // One is enough for this page; the next may come with the next route or the next decision.
    if (nudge.kind === 'interrupting') this.resting = true;
    this.leave(nudge.kind);
    this.wires.reacted(nudge, reaction, offer, detail);
    this.consider();
  }

  /** Take it away without a word: the route, the anchor or the person changed. */
  private leave(kind: Kind): void {
    const place = this.places[kind];
    const { close } = place;
    place.close = place.nudge = null;
    this.step(place, { do: 'leave' });
    close?.();
  }

  /** While something waits, twice a second; for an anchor that is late, also soon after the page changed. */
  private watch(late: boolean): void {
    const { platform } = this.wires;
    const look = (ms: number) => {
      this.cancelTimer?.();
      this.cancelTimer = platform.later(() => this.consider(), ms);
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

  private unwatch(): void {
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
