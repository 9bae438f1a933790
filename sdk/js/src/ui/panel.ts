// The open feed: a non-modal dialog beside what opened it, closed by Escape, by its cross, or by a click elsewhere.

import type { Labels, Reaction, Theme } from '../core/public';
import type { Announcement, Detail } from '../core/types';
import { focused } from '../platform/page';
import { focusOn, reachable } from './a11y';
import { actionButtons, bodyText, focusTitle, iconButton } from './card';
import { beside, dialogAround } from './floating';
import { mount, raise } from './mount';
import { el } from './nodes';
import type { React } from './painting';

export interface Panel {
  theme: Theme;
  labels: Labels;
  locale: string;
  items: readonly Announcement[];
  isUnread(item: Announcement): boolean;
  /** What opened it; without one it stands in the corner. */
  trigger: HTMLElement | null;
  react(item: Announcement, reaction: Reaction, detail?: Detail): void;
  closed(): void;
}

function dateOf(day: string, locale: string): string {
  const when = new Date(`${day}T12:00:00`);
  const style: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric' };
  if (when.getFullYear() !== new Date().getFullYear()) style.year = 'numeric';
  return Number.isNaN(+when) ? '' : new Intl.DateTimeFormat(locale, style).format(when);
}

function article(item: Announcement, wires: Panel): HTMLElement {
  const { content } = item;
  const react: React = (reaction, detail) => wires.react(item, reaction, detail);
  const mark = wires.isUnread(item) && el('span', { class: 'new' }, wires.labels.isNew);
  const date = el('time', { datetime: item.published_on }, dateOf(item.published_on, content.lang ?? wires.locale));
  const buttons = actionButtons(content, react);
  const made = el(
    'article',
    {},
    el('p', { class: 'when' }, date, mark),
    el('h3', {}, String(content.title)),
    bodyText(content, react, null),
    buttons.length > 0 && el('div', { class: 'foot' }, ...buttons),
  );
  if (content.lang) made.lang = content.lang;
  if (content.dir) made.dir = content.dir;
  return made;
}

/** Open it; the result closes it. Null: this browser cannot. */
export function panel(wires: Panel): (() => void) | null {
  const { items, labels, theme, trigger } = wires;
  const mounted = mount(trigger ? dialogAround(trigger) : document.body, theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const before = focused();
  const card = el('section', { class: `card feed${trigger ? '' : ' corner'}`, role: 'dialog', 'aria-labelledby': 'title' });
  const title = el('h2', { id: 'title' }, labels.news);
  const head = el('div', { class: 'head' }, title, iconButton('x', labels.close, () => close()));
  const list = items.length
    ? items.map((item) => article(item, wires))
    : [el('p', { class: 'none' }, labels.noNews)];
  card.append(el('div', { class: 'in' }, head, ...list));
  card.dir = items[0]?.content.dir ?? (getComputedStyle(document.documentElement).direction as 'ltr' | 'rtl');
  root.append(card);
  raise(card);
  trigger?.setAttribute('aria-expanded', 'true');

  const outside = (event: Event) => {
    const path = event.composedPath();
    if (!path.includes(host) && !(trigger && path.includes(trigger))) close();
  };
  const stop = trigger ? beside(trigger, card, host, () => close()) : null;
  const keys = reachable({ host, inside: root, anchor: trigger, escape: () => close() });
  addEventListener('pointerdown', outside, true);
  focusTitle(title);

  const close = () => {
    removeEventListener('pointerdown', outside, true);
    stop?.();
    keys.stop();
    const target = trigger ?? before;
    if (document.activeElement === host && target?.isConnected) focusOn(target);
    trigger?.removeAttribute('aria-expanded');
    mounted.remove();
    wires.closed();
  };
  return close;
}
