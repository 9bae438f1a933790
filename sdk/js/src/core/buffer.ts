// Bounded list of events waiting to be sent: the oldest goes first when it is full, and every loss is counted.

import type { Drops } from './public';

export interface Entry {
  /** The event as JSON, made when it was tracked, so later changes to the caller's objects cannot alter it. */
  readonly json: string;
  readonly bytes: number;
  readonly user: string | null;
  readonly at: number;
  /** An event of the product (not a reaction): once accepted, the decision may have changed. */
  readonly fresh: boolean;
  inFlight: boolean;
}

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Each half of a surrogate pair counts two: four bytes together.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

export class Buffer {
  private entries: Entry[] = [];
  private bytes = 0;
  drops: Drops = {};

  constructor(
    private readonly maxEvents = 1000,
    private readonly maxBytes = 1_000_000,
    private readonly maxEvent = 32_000,
  ) {}

  get size(): number {
    return this.entries.length;
  }

  get waiting(): number {
    return this.entries.filter((entry) => !entry.inFlight).length;
  }

  drop(reason: string, count = 1): void {
    if (count > 0) this.drops[reason] = (this.drops[reason] ?? 0) + count;
  }

  push(json: string, user: string | null, at: number, fresh: boolean): void {
    const bytes = utf8Length(json);
    if (bytes > this.maxEvent) return this.drop('too_large');
    this.entries.push({ json, bytes, user, at, fresh, inFlight: false });
    this.bytes += bytes;
    while (this.entries.length > this.maxEvents || this.bytes > this.maxBytes) {
      this.bytes -= this.entries.shift()?.bytes ?? 0;
      this.drop('overflow');
    }
  }

  /**
   * Mark as in flight and return the oldest waiting entries that share one group.
   * `group` answers null for an entry that cannot be sent now (its user's token is not at hand).
   */
  take(maxEvents: number, maxBytes: number, group: (entry: Entry) => string | null): Entry[] {
    const taken: Entry[] = [];
    let first: string | null = null;
    let bytes = 0;
    for (const entry of this.entries) {
      if (entry.inFlight) continue;
      const name = group(entry);
      if (name === null || (first !== null && name !== first)) continue;
      if (taken.length && (taken.length >= maxEvents || bytes + entry.bytes > maxBytes)) break;
      first = name;
      bytes += entry.bytes;
      entry.inFlight = true;
      taken.push(entry);
    }
    return taken;
  }

  /** Delivered, or given up: forget them. */
  remove(sent: readonly Entry[]): void {
    const gone = new Set(sent);
    this.entries = this.entries.filter((entry) => !gone.has(entry));
    this.bytes = this.entries.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Not delivered: they wait again, in their old place. */
  release(entries: readonly Entry[] = this.entries): void {
    for (const entry of entries) entry.inFlight = false;
  }

  /** Everything not yet acknowledged, as a JSON array. */
  dump(): string {
    return `[${this.entries.map((entry) => entry.json).join(',')}]`;
  }
}
