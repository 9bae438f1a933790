// One host element and one shadow root per nudge; removing it leaves nothing behind.

import { el } from './nodes';
import { style } from './styles';
import type { Theme } from '../core/public';
import { applyTheme } from './theme';

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

/** Say it politely, without taking the focus; the result says more. The region has to exist before its text does. */
export function announce(root: ShadowRoot, text: string): (more: string) => void {
  const region = el('div', { role: 'status', class: 'live' });
  root.append(region);
  const say = (words: string) => void setTimeout(() => region.replaceChildren(words), 150);
  say(text);
  return say;
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
