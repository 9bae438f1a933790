// What a surface is handed when it is painted, and what it hands back.

import type { Labels, Reaction, Theme } from '../core/public';
import type { Detail, Nudge, TourStep } from '../core/types';

export type React = (reaction: Reaction, detail?: Detail) => void;

/** One step of a tour, and its place on the way. */
export interface Stand {
  step: TourStep;
  number: number;
  total: number;
  /** The focus was inside the step before this one. */
  entered: boolean;
  /** Finish this step, or go back to the one before it. `inside`: the focus is in the card. */
  turn(by: 1 | -1, inside: boolean): void;
}

export interface Look {
  labels: Partial<Labels> | undefined;
  theme: Theme;
}

export interface Paint extends Look {
  nudge: Nudge;
  anchor: HTMLElement | null;
  stand: Stand | null;
  react: React;
  /** The anchor went away, or the host closed what the nudge stood in. */
  gone(): void;
}

/** A nudge on the screen. */
export interface Painted {
  /** Take it away and give the focus back. */
  close(): void;
  /** A later decision says something new about it. */
  update?(nudge: Nudge): void;
}
