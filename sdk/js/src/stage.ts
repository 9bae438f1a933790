// What passes between the two files of the build: the first reports and asks, the second shows. The names here are
// never shortened, so that one file understands the other.

import type { Labels, Reaction, Theme } from './core/public';
import type { Announcement, Detail, Nudge, Platform } from './core/types';
import type { Look } from './ui/theme';

export interface Granted {
  granted: true;
  offer: string;
  expiresAt?: string;
}

/** Of an answer, what only the second file reads. */
export interface Answer {
  /** It holds for this page only. */
  byPage?: boolean;
  theme?: Look;
}

/** What the second file may ask of the first. */
export interface StageWires {
  platform: Platform;
  /** Names in storage start with it. */
  prefix: string;
  labels: Partial<Labels> | undefined;
  theme: Theme;
  /** BCP 47, for dates. */
  locale: string;
  /** The server's word: an offer, 'held', or null when no usable answer came. */
  claim(nudge: Nudge | Announcement, claimId: string): Promise<Granted | 'held' | null>;
  /** Who the answers are for; a claim that comes back for somebody else is not painted. */
  subject(): string;
  reacted(nudge: Nudge | Announcement, reaction: Reaction, offer: string | null, detail?: Detail): void;
  /** A new route is a new question, where the last answer was for its page only. */
  newPage(): void;
  debug(...words: unknown[]): void;
}

/** What the first file may ask of the second. */
export interface Stage {
  /** The answer of a decision: nudges best first, announcements newest first, and the answer itself. */
  offer(nudges: Nudge[], feed: Announcement[], answer: Answer | null): void;
  /** Look at the page again. */
  consider(): void;
  /** The product said that something was done: the step of a tour may have waited for it. */
  tracked(event: string): void;
  /** Open the feed beside `trigger`, or close it when it is open. */
  toggle(trigger: HTMLElement | null): void;
  /** Another person, or nobody: everything about the last one goes. */
  clear(): void;
  stop(): void;
}

export type Load = () => Promise<{ start(wires: StageWires): Stage }>;
