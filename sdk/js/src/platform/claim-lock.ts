// One browser, many tabs: whoever sets the mark first may ask the server. The server has the last word;
// this only keeps two tabs of one browser from asking, and painting, at the same moment.

import type { Store } from '../core/types';

const ASKING_MS = 10_000;
/** No mark is longer than this; a longer one was written by a clock that was wrong. */
const LONGEST_MS = 31 * 86_400_000;

type Marks = Record<string, number>;

export class ClaimLock {
  private channel: BroadcastChannel | null = null;
  private readonly name: string;

  constructor(
    private readonly store: Store,
    prefix: string,
    private readonly heard: (id: string) => void,
  ) {
    this.name = `${prefix}marks`;
  }

  /** Listen to the other tabs. Closed on pagehide: an open channel can keep a page out of the browser's page cache. */
  open(): void {
    if (this.channel || typeof BroadcastChannel !== 'function') return;
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = (message) => this.heard(String(message.data));
  }

  close(): void {
    this.channel?.close();
    this.channel = null;
  }

  private marks(): Marks {
    const now = Date.now();
    try {
      const all = Object.entries(JSON.parse(this.store.get(this.name) ?? '{}') as Marks);
      return Object.fromEntries(all.filter(([, until]) => until > now && until < now + LONGEST_MS));
    } catch {
      return {};
    }
  }

  held(id: string): boolean {
    return id in this.marks();
  }

  /** Keep `id` from being asked for again in this browser for `ms`; 0 lifts the mark. */
  mark(id: string, ms: number): void {
    const { [id]: _, ...rest } = this.marks();
    this.store.set(this.name, JSON.stringify(ms ? { ...rest, [id]: Date.now() + ms } : rest));
  }

  /** Tell the other tabs that `id` is taken or done with. */
  tell(id: string): void {
    try {
      this.channel?.postMessage(id);
    } catch {
      // Closed meanwhile: the mark in storage says the same.
    }
  }

  /** True for the one caller that set the mark. */
  async acquire(id: string): Promise<boolean> {
    let mine = false;
    const attempt = () => {
      mine = !this.held(id);
      if (mine) this.mark(id, ASKING_MS);
    };
    try {
      await navigator.locks.request(this.name, attempt);
    } catch {
      // Plain HTTP or a sandboxed frame has no locks.
      attempt();
    }
    return mine;
  }
}
