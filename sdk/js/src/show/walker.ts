// Walks down the decided list and shows what belongs on this page. Route changes need no request.

import { IDLE, next, type Session, type Step } from '../core/session';
import { indexOf, Steps, walk, whereOf } from '../core/tour';
import type { Reaction } from '../core/public';
import type { Detail, Nudge, Where } from '../core/types';
import type { ClaimLock } from '../platform/claim-lock';
import { quietly } from '../platform/browser';
import { findAnchor } from '../platform/page';
import type { Granted, StageWires } from '../stage';
import type { Paint, Painted, Stand } from '../ui/painting';
import { type Ready, Readiness } from './readiness';

/** What interrupts shares one place; of what lies beside it there is one of each. */
const PLACES = ['interrupting', 'banner', 'hotspot', 'checklist'];
const SEEN_MS = 1000;
const GRANT_MS = 600_000;
const DAY_MS = 86_400_000;
const RETRY_MS = 30_000;

export interface Wires extends StageWires {
  lock: ClaimLock;
  /** What paints this surface, if anything here can. */
  painter(nudge: Nudge): ((paint: Paint) => Painted | null) | undefined;
}

interface Ask {
  id: string;
  granted?: Granted;
  /** Said once for an offer, however often it is painted. */
  shown?: boolean;
}

interface Place {
  session: Session;
  nudge: Nudge | null;
  painted: Painted | null;
}

/** The mark of an offer that was closed here, beside that of the claim. */
const closedId = (id: string) => `${id} closed`;
const placeOf = ({ kind, surface }: Nudge) => (kind === 'passive' ? surface : 'interrupting');

export class Walker {
  private list: Nudge[] = [];
  /** What of the list this page holds, and the last decision therefore did not name. */
  private kept: Nudge[] = [];
  private readonly places = new Map<string, Place>(
    PLACES.map((name) => [name, { session: IDLE, nudge: null, painted: null }]),
  );
  /** Claims by nudge: the same id again after a lost answer, the same offer again after the anchor came back. */
  private asks = new Map<string, Ask>();
  private readonly steps: Steps;
  private readonly readiness: Readiness;
  /** A tour that has begun keeps its place in the list, whatever later lists say. */
  private touring: Nudge | null = null;
  private entered = false;
  private resting = false;
  private mutedUntil = 0;

  constructor(private readonly wires: Wires) {
    const { platform, prefix } = wires;
    this.steps = new Steps(platform.store, `${prefix}steps`);
    this.readiness = new Readiness({
      platform,
      // Without the offer: a step that cannot be shown today does not close its tour.
      missing: (nudge) => wires.reacted(nudge, 'anchor_missing', null),
      consider: () => this.consider(),
    });
  }

  /** A new list, best first. What is open stays, and learns what is new about it. */
  offer(list: Nudge[]): void {
    const { touring } = this;
    const fresh = (nudge: Nudge) => list.find(({ key }) => key === nudge.key);
    if (touring) {
      this.touring = fresh(touring) ?? touring;
      list = [this.touring, ...list.filter(({ key }) => key !== touring.key)];
    }
    // On this route it stays: open, or back when its anchor is.
    this.kept = this.list.filter((nudge) => this.asks.get(nudge.key)?.granted && !fresh(nudge));
    this.list = [...this.kept, ...list];
    for (const place of this.places.values()) {
      const found = place.nudge && fresh(place.nudge);
      if (found) {
        place.nudge = found;
        quietly(() => place.painted?.update?.(found));
      }
    }
    this.resting = false;
    this.consider();
  }

  /** Another person, or nobody: everything about the last one goes. */
  clear(): void {
    for (const place of this.places.values()) this.leave(place);
    this.list = [];
    this.touring = null;
    this.asks.clear();
    this.readiness.clear();
  }

  stop(): void {
    this.clear();
    this.readiness.stop();
  }

  routeChanged(): void {
    const { kept } = this;
    this.drop((nudge) => kept.includes(nudge));
    this.readiness.routeChanged();
    this.resting = false;
    this.consider();
  }

  /** Another tab took it, or its person is done with it. */
  heard(id: string): void {
    for (const place of this.places.values()) {
      if (place.nudge && this.idOf(place.nudge) === id) this.leave(place);
    }
    this.drop((nudge) => this.idOf(nudge) === id);
    this.consider();
  }

  /** Off the list, until a later decision says otherwise. */
  private drop(gone: (nudge: Nudge) => boolean): void {
    this.list = this.list.filter((nudge) => !gone(nudge));
    if (this.touring && gone(this.touring)) this.touring = null;
  }

  /** The product said that something was done: a step of the tour may have waited for it. */
  tracked(event: string): void {
    const { touring } = this;
    const advance = touring && this.stand(touring)?.step.advance;
    if (touring && advance?.on === 'event' && advance.event === event) this.turn(touring, 1, false);
  }

  private idOf(nudge: Nudge): string {
    return `${this.wires.subject()} ${nudge.key}`;
  }

  private whereOf(nudge: Nudge): Where {
    return whereOf(nudge, this.steps.get(this.idOf(nudge)));
  }

  /** Look at the page again; cheap when there is nothing to show. */
  consider(): void {
    const { readiness } = this;
    const { painter } = this.wires;
    readiness.unwatch();
    if (document.hidden || !document.body) return;
    for (const place of this.places.values()) {
      if (place.nudge && !readiness.onPath(this.whereOf(place.nudge))) this.leave(place);
    }
    if (!this.list.length) return;
    let waiting = false;
    let late = false;
    for (const [name, place] of this.places) {
      if (place.session.phase !== 'idle') continue;
      for (const nudge of this.list) {
        if (placeOf(nudge) !== name || !painter(nudge)) continue;
        const ready = this.ready(nudge);
        if (ready === 'ready') {
          quietly(() => this.show(nudge, place));
          break;
        }
        waiting ||= ready !== 'no';
        late ||= ready === 'late';
        if (ready !== 'no' && (readiness.settling || nudge === this.touring)) break;
      }
    }
    if (waiting) readiness.watch(late);
  }

  private ready(nudge: Nudge): Ready {
    const { lock, platform } = this.wires;
    const where = this.whereOf(nudge);
    if (!this.readiness.onPath(where)) return 'no';
    if (this.resting && nudge.kind !== 'passive') return 'no';
    if (!this.offered(nudge)) {
      if (lock.held(this.idOf(nudge))) return 'no';
      if (platform.now() < this.mutedUntil) return 'wait';
    }
    return this.readiness.of(nudge, where, !this.places.get('interrupting')?.painted);
  }

  private offered(nudge: Nudge): Granted | undefined {
    const { granted, shown } = this.asks.get(nudge.key) ?? {};
    // What was seen no longer lapses.
    if (granted && (shown || !(Date.parse(granted.expiresAt ?? '') < this.wires.platform.now()))) return granted;
    // The server may not know yet that its person is done with it.
    const isOpen = nudge.offer && !this.wires.lock.held(closedId(this.idOf(nudge)));
    return isOpen ? { granted: true, offer: nudge.offer as string } : undefined;
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
    if (subject !== this.wires.subject() || place.nudge?.key !== nudge.key) return;
    // The page had time to change: look once more before painting.
    const now = this.list.find(({ key }) => key === nudge.key);
    if (granted && now && !document.hidden && this.ready(now) === 'ready') {
      if (!this.asks.has(now.key)) this.asks.set(now.key, { id: this.wires.platform.uuid(), granted });
      this.step(place, { do: 'granted', offer: granted.offer });
      this.paint(now, place);
    } else {
      this.leave(place);
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
      this.drop(({ key }) => key === nudge.key);
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
    const { labels, painter, theme } = this.wires;
    const { anchor } = this.whereOf(nudge);
    place.nudge = nudge;
    const painted = painter(nudge)?.({
      labels,
      theme,
      nudge,
      anchor: anchor ? findAnchor(anchor) : null,
      stand: this.stand(nudge),
      react: (reaction, detail) => this.react(nudge, place, reaction, detail),
      gone: () => {
        this.leave(place);
        this.consider();
      },
    });
    if (!painted) {
      // Its content makes no sense here, and will not the next time: make room for the next one.
      this.drop(({ key }) => key === nudge.key);
      this.leave(place);
      return this.consider();
    }
    place.painted = painted;
    if (nudge.tour) this.touring = nudge;
    this.entered = false;
    this.step(place, { do: 'painted' });
    this.reportSeen(nudge, place);
  }

  /** Shown means visible for a whole second, in a tab somebody can see. */
  private reportSeen(nudge: Nudge, place: Place): void {
    const { platform, reacted } = this.wires;
    const started = platform.now();
    const ask = this.asks.get(nudge.key);
    let hidden = document.hidden;
    const note = () => (hidden ||= document.hidden);
    document.addEventListener('visibilitychange', note);
    const offer = place.session.offer;
    platform.later(() => {
      document.removeEventListener('visibilitychange', note);
      if (place.nudge?.key !== nudge.key || place.session.offer !== offer) return;
      if (hidden || platform.now() - started < SEEN_MS - 50) return this.reportSeen(nudge, place);
      if (this.step(place, { do: 'seen' }).report && !ask?.shown) reacted(nudge, 'shown', offer);
      if (ask) ask.shown = true;
    }, SEEN_MS);
  }

  private stand(nudge: Nudge): Stand | null {
    if (!nudge.tour) return null;
    const way = walk(nudge.tour);
    const at = indexOf(way, this.steps.get(this.idOf(nudge)));
    const step = way[at];
    const { entered } = this;
    const turn: Stand['turn'] = (by, inside) => this.turn(nudge, by, inside);
    return step ? { step, number: at + 1, total: way.length, entered, turn } : null;
  }

  /** To the next step of a tour, or back to the last; after the end it is completed. */
  private turn(nudge: Nudge, by: 1 | -1, inside: boolean): void {
    const place = this.places.get(placeOf(nudge));
    const stand = this.stand(nudge);
    if (!place || !nudge.tour || !stand) return;
    const { step, number } = stand;
    const offer = this.offered(nudge)?.offer ?? null;
    const to = walk(nudge.tour)[number - 1 + by];
    if (by > 0) this.wires.reacted(nudge, 'stepped', offer, { step: step.key });
    if (to) {
      this.steps.set(this.idOf(nudge), to.key, !!nudge.tour.resume);
      this.readiness.restart(nudge);
      this.entered = inside;
    } else if (by > 0) {
      this.finish(nudge, 'completed');
      this.wires.reacted(nudge, 'completed', offer);
    }
    if (place.nudge?.key === nudge.key) this.leave(place);
    this.consider();
  }

  private react(nudge: Nudge, place: Place, reaction: Reaction, detail?: Detail): void {
    const { report, offer, phase } = this.step(place, { do: 'react', reaction });
    if (report && reaction !== 'stepped') this.finish(nudge, reaction, detail?.days);
    if (phase === 'idle') this.leave(place);
    if (report) this.wires.reacted(nudge, reaction, offer, detail);
    this.consider();
  }

  /** The person is done with it: off the list, here and in the other tabs. */
  private finish(nudge: Nudge, reaction: Reaction, days = 0): void {
    const { lock } = this.wires;
    const id = this.idOf(nudge);
    const wait = reaction === 'never_again' ? 30 * DAY_MS : days * DAY_MS || GRANT_MS;
    lock.mark(id, wait);
    lock.mark(closedId(id), wait);
    lock.tell(id);
    this.asks.delete(nudge.key);
    this.steps.forget(id);
    this.drop(({ key }) => key === nudge.key);
    // One is enough for this page; the next may come with the next route or the next decision.
    if (nudge.kind !== 'passive') this.resting = true;
  }

  /** Take it away without a word: the route, the anchor or the person changed. */
  private leave(place: Place): void {
    const { painted } = place;
    place.painted = place.nudge = null;
    this.step(place, { do: 'leave' });
    painted?.close();
  }
}
