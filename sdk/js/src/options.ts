// What a product hands to `init`, and what it hears back.

import type { Drops } from './core/buffer';
import type { Reaction } from './core/types';
import type { Labels } from './ui/labels';
import type { Theme } from './ui/theme';

export interface Options {
  /** Public key of the workspace: `wp_pk_…`. */
  key: string;
  /** Where Waypost answers, without a path. The page's own origin when left out. */
  host?: string;
  /** Short-lived signed token for the user named in `identify`. */
  userToken?: string;
  /** Called when a token is needed, and again when the server refuses the last one. */
  getToken?: (userId: string) => string | Promise<string>;
  accountId?: string;
  /** BCP 47; the browser's language when left out. */
  locale?: string;
  theme?: Theme;
  /** Replace our own few words, for a language other than English and German. */
  labels?: Partial<Labels>;
  /** Called for every reaction. `preventDefault()` on a click keeps the page from navigating. */
  onNudge?: (event: NudgeEvent) => void;
  /** Say in the console what happens and why not. */
  debug?: boolean;
}

export interface NudgeEvent {
  type: Reaction;
  nudge: string;
  offer: string | null;
  /** Label, address and event of the button or link, for `clicked` and `completed`, and for an item of a checklist. */
  action?: { label: string; url?: string; event?: string };
  snoozeDays?: 1 | 7;
  /** Of a tour or a checklist: the step or item. */
  step?: string;
  preventDefault(): void;
}

export interface Events {
  /** The keys of the nudges this person may see now, best first. */
  decide: string[];
  nudge: NudgeEvent;
  /** How many events were lost since the last accepted batch, by reason. */
  drop: Drops;
  /** Waypost could not be asked; the status, or 0. */
  unavailable: number;
}
