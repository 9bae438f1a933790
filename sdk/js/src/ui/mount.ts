// One host element and one shadow root per nudge; removing it leaves nothing behind.

import type { Action, Content, Reaction } from '../core/types';
import type { Labels } from './labels';
import { el } from './nodes';
import { style } from './styles';
import { applyTheme, type Theme } from './theme';

/** What the person did, with what the reaction has to say about it. */
export type React = (
  reaction: Reaction,
  detail?: { days?: 1 | 7; action?: Action; event?: Event; url?: string },
) => void;

export interface Paint {
  content: Content;
  labels: Labels;
  theme: Theme;
  anchor: HTMLElement | null;
  react: React;
  /** The anchor went away, or the host closed what the nudge stood in. */
  gone(): void;
}

/** A nudge on the screen; calling it takes the nudge away and gives the focus back. */
export type Close = () => void;

export interface Mount {
  host: HTMLElement;
  root: ShadowRoot;
  remove(): void;
}

/**
 * The root is open, not closed: a closed one keeps nobody out (the host's scripts are trusted here and could patch
 * attachShadow), while accessibility checkers and test tools can only look into an open one.
 */
export function mount(parent: Element, theme: Theme): Mount | null {
  const host = el('div', { 'data-waypost-nudge': '' });
  const root = host.attachShadow({ mode: 'open' });
  if (!style(root)) return null;
  applyTheme(host, theme);
  parent.append(host);
  return { host, root, remove: () => host.remove() };
}

/** Say it politely, without taking the focus. The region has to exist before its text does. */
export function announce(root: ShadowRoot, text: string): void {
  const region = el('div', { role: 'status', class: 'live' });
  root.append(region);
  setTimeout(() => region.append(text), 150);
}

/** Lift above everything the host paints; without popover support the z-index has to do. */
export function raise(card: HTMLElement): void {
  try {
    card.setAttribute('popover', 'manual');
    card.showPopover();
  } catch {
    card.removeAttribute('popover');
  }
}
