// The event queue: batches of 20 or 5 s, kept in storage until the server has acknowledged them.

import { backoff } from './backoff';
import type { Drops } from './public';
import { Buffer, type Entry } from './buffer';
import type { Platform, Reply } from './types';
import { batchBody, verdict } from './wire';

const BATCH = 20;
const BATCH_BYTES = 450_000;
const PERIOD = 5000;
/** At most two batches a period leave this soon, so that a click can show its nudge at once; the rest wait for it. */
const LEAD = 250;
const PIECE_BYTES = 15_000;
/** The browser shares 64 KB among all requests that may outlive the page. */
const KEEPALIVE_BYTES = 60_000;
const KEEP_MS = 7 * 86_400_000;
const SAVE_MS = 250;

export interface Wiring {
  /** Token to send an event of this user with: '' when none is used, null when it has to wait. */
  tokenFor(user: string | null): string | null;
  /** The server refused the token; true when a newer one is at hand. */
  renewToken(): Promise<boolean>;
  /** A batch was stored; `fresh` when it held more than reactions. */
  accepted(fresh: boolean): void;
  dropped(drops: Drops): void;
}

export class Outbox {
  readonly buffer = new Buffer();
  private cancel: (() => void) | null = null;
  private dueAt = Infinity;
  private cancelSave: (() => void) | null = null;
  private busy = false;
  private closed = false;
  private attempt = 0;
  private renewals = 0;
  private limit = BATCH;
  private notBefore = 0;
  /** When the last batch left, and the one before it. */
  private lastSent = -Infinity;
  private sentBefore = -Infinity;
  private waiters: (() => void)[] = [];
  private unanswered: Entry[] = [];
  private readonly spool: string;

  constructor(
    private readonly platform: Platform,
    private readonly key: string,
    private readonly prefix: string,
    private readonly wiring: Wiring,
  ) {
    this.spool = prefix + platform.uuid();
    this.adopt();
  }

  /** Take over what earlier pages left. A live tab may be among them: the server knows each messageId once. */
  private adopt(): void {
    const { store, now } = this.platform;
    const found = store.keys(this.prefix);
    for (const name of found) {
      try {
        for (const event of JSON.parse(store.get(name) ?? '[]')) {
          const at = Date.parse(event.timestamp);
          if (now() - at < KEEP_MS && event.messageId) {
            this.buffer.push(JSON.stringify(event), event.userId ?? null, at, event.event !== '$nudge');
          } else this.buffer.drop('expired');
        }
      } catch {
        this.buffer.drop('unreadable');
      }
    }
    // Ours is written before theirs goes, so that a crash between the two loses nothing.
    if (found.length) {
      this.save();
      for (const name of found) store.set(name, null);
      this.plan();
    }
  }

  push(json: string, user: string | null, fresh: boolean): void {
    this.buffer.push(json, user, this.platform.now(), fresh);
    this.changed();
    // A reaction is rare, and other devices should know of it soon.
    if (fresh) this.plan();
    else this.schedule(LEAD);
  }

  /** An event that could not be stored at all. */
  lose(reason: string, count = 1): void {
    this.buffer.drop(reason, count);
    this.wiring.dropped(this.buffer.drops);
  }

  /** Send now; resolves when nothing more can be sent at the moment. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      if (this.closed || this.notBefore > this.platform.now()) this.rest();
      else this.schedule(0);
    });
  }

  /** A token arrived or the subject changed: what had to wait may go. */
  plan(): void {
    const { now } = this.platform;
    const { waiting } = this.buffer;
    if (waiting) this.schedule(waiting >= BATCH ? 0 : Math.max(LEAD, this.sentBefore + PERIOD - now()));
  }

  private schedule(ms: number): void {
    const { now, later } = this.platform;
    const at = Math.max(now() + ms, this.notBefore);
    if (this.closed || this.busy || at >= this.dueAt) return;
    this.cancel?.();
    this.dueAt = at;
    this.cancel = later(() => {
      this.dueAt = Infinity;
      this.cancel = null;
      return this.send();
    }, at - now());
  }

  private async send(): Promise<void> {
    const batch = this.buffer.take(this.limit, BATCH_BYTES, (entry) => this.wiring.tokenFor(entry.user));
    const first = batch[0];
    if (!first) return this.rest();
    this.busy = true;
    const drops = this.buffer.drops;
    this.buffer.drops = {};
    const body = this.body(batch, drops);
    // A small batch outlives the page; a large one would use up what is left for the page's end.
    const reply = await this.platform.post('/v1/batch', body, { keepalive: body.length < KEEPALIVE_BYTES / 2 });
    this.busy = false;
    this.sentBefore = this.lastSent;
    this.lastSent = this.platform.now();
    if (verdict(reply.status) !== 'ok') for (const reason in drops) this.buffer.drop(reason, drops[reason]);
    await this.settle(batch, reply);
  }

  private body(batch: Entry[], drops: Drops): string {
    const { key, platform, wiring } = this;
    return batchBody(key, batch, wiring.tokenFor(batch[0]?.user ?? null) ?? '', platform.now(), drops);
  }

  private async settle(batch: Entry[], reply: Reply): Promise<void> {
    const answer = verdict(reply.status);
    if (answer === 'ok') {
      this.attempt = this.renewals = this.notBefore = 0;
      this.limit = BATCH;
      this.done(batch);
      const rejected = (reply.body as { rejected?: unknown[] } | null)?.rejected;
      if (rejected?.length) this.lose('rejected', rejected.length);
      this.wiring.accepted(batch.some((entry) => entry.fresh));
      return this.waiters.length ? this.schedule(0) : this.plan();
    }
    if (answer === 'split' && batch.length > 1) this.limit = Math.ceil(batch.length / 2);
    else if (answer === 'token' && this.renewals++ < 2 && (await this.wiring.renewToken())) this.attempt++;
    else if (answer === 'retry') {
      this.attempt++;
      const wait = reply.retryAfter ?? backoff(this.attempt, this.platform.random());
      this.notBefore = this.platform.now() + wait;
      this.rest();
    } else {
      this.done(batch);
      this.buffer.drop(`refused_${reply.status}`, batch.length);
      this.wiring.dropped(this.buffer.drops);
      return this.waiters.length ? this.schedule(0) : this.plan();
    }
    this.buffer.release(batch);
    this.schedule(0);
  }

  private rest(): void {
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  private done(batch: Entry[]): void {
    this.buffer.remove(batch);
    this.changed();
  }

  /**
   * The page may be about to go: hand everything to the browser in small pieces. What it does not take, and what is
   * never acknowledged, stays in storage for the next page.
   */
  hide(): void {
    this.save();
    if (this.notBefore > this.platform.now()) return;
    let left = KEEPALIVE_BYTES;
    for (;;) {
      const piece = this.buffer.take(BATCH, PIECE_BYTES, (entry) => this.wiring.tokenFor(entry.user));
      if (!piece.length) return;
      const body = this.body(piece, {});
      left -= body.length;
      if (left > 0) {
        void this.platform.post('/v1/batch', body, { keepalive: true }).then((reply) => this.settle(piece, reply));
      } else if (this.platform.beacon('/v1/batch', body)) this.unanswered.push(...piece);
      else return this.buffer.release(piece);
    }
  }

  /**
   * The page is seen again. A beacon has no answer, so what it carried goes once more (the server knows each messageId).
   * Back from the page cache, nothing that was in the air will be answered at all.
   */
  wake(fromCache: boolean): void {
    if (fromCache) this.busy = false;
    this.buffer.release(fromCache ? undefined : this.unanswered);
    this.unanswered = [];
    this.plan();
  }

  private changed(): void {
    this.cancelSave ??= this.platform.later(() => this.save(), SAVE_MS);
  }

  private save(): void {
    this.cancelSave?.();
    this.cancelSave = null;
    if (!this.closed) this.platform.store.set(this.spool, this.buffer.size ? this.buffer.dump() : null);
  }

  /** The next outbox finds in storage what this one leaves. */
  close(): void {
    this.hide();
    this.closed = true;
    this.cancel?.();
    this.cancelSave?.();
    this.rest();
  }
}
