import type { Platform, Reply, Store } from '../src/core/types';

export interface Sent {
  path: string;
  messages: string[];
  body: Record<string, any>;
  keepalive: boolean;
  beacon: boolean;
}

/** A browser in a box: time moves when told, and answers are handed out in order (200 when none is left). */
export class FakePlatform implements Platform {
  time = 1_800_000_000_000;
  sent: Sent[] = [];
  answers: Partial<Reply>[] = [];
  beacons = true;
  store: Store;
  private timers: { at: number; fn: () => void }[] = [];
  private ids = 0;

  constructor(readonly disk = new Map<string, string>()) {
    this.store = {
      get: (name) => disk.get(name) ?? null,
      set: (name, value) => !!(value === null ? disk.delete(name) : disk.set(name, value)),
      keys: (prefix) => [...disk.keys()].filter((name) => name.startsWith(prefix)),
    };
  }

  now = () => this.time;
  random = () => 1;
  uuid = () => `id-${++this.ids}-${Math.random()}`;

  later = (fn: () => void, ms: number) => {
    const timer = { at: this.time + ms, fn };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((other) => other !== timer));
  };

  post: Platform['post'] = async (path, body, options) => {
    this.note(path, body, !!options?.keepalive, false);
    return { status: 200, retryAfter: null, etag: null, body: null, ...this.answers.shift() };
  };

  beacon = (path: string, body: string) => {
    if (this.beacons) this.note(path, body, false, true);
    return this.beacons;
  };

  private note(path: string, text: string, keepalive: boolean, beacon: boolean): void {
    const body = JSON.parse(text);
    this.sent.push({ path, body, keepalive, beacon, messages: body.batch.map((event: any) => event.messageId) });
  }

  /** Let `ms` pass, timer by timer, promises included. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.time = Math.max(this.time, due.at);
      due.fn();
    }
    this.time = end;
  }
}
