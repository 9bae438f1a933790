// The inside of every nudge: title, body, progress, actions, later, close.

import type { Action, Content } from '../core/types';
import type { React } from './painting';
import type { Labels } from '../core/public';
import { fill } from './labels';
import { body, el, link } from './nodes';

export function button(className: string, text: string, press: (event: MouseEvent) => void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: className }, text);
  made.addEventListener('click', press);
  return made;
}

/** A button without words on it, named by `label`. */
export function iconButton(className: string, label: string, press: () => void): HTMLButtonElement {
  const made = button(className, '', press);
  made.setAttribute('aria-label', label);
  return made;
}

export function progress({ done, total }: { done: number; total: number }, labels: Labels): HTMLElement | null {
  if (!(total > 0)) return null;
  const text = fill(labels.progress, { done, total });
  const bar = el('div', { class: 'bar' });
  bar.style.setProperty('width', `${Math.max(0, Math.min(100, (100 * done) / total))}%`);
  const range = { 'aria-valuemin': '0', 'aria-valuemax': String(total), 'aria-valuenow': String(done) };
  const track = el('div', { class: 'track', role: 'progressbar', 'aria-label': text, ...range }, bar);
  return el('div', { class: 'prog' }, track, el('bdi', { 'aria-hidden': 'true' }, text));
}

function actionButton(action: Action, react: React): HTMLElement {
  const className = action.primary ? 'b pri' : 'b sec';
  const target = action.url ? link(action.url, className) : null;
  const made = target ?? el('button', { type: 'button', class: className });
  made.append(String(action.label));
  made.addEventListener('click', (event) =>
    react(target || action.event ? 'clicked' : 'completed', { action, event, ...(target && { url: target.href }) }),
  );
  return made;
}

/** At most two; more would be a menu. */
export function actionButtons({ actions }: Content, react: React): HTMLElement[] {
  return (Array.isArray(actions) ? actions : []).slice(0, 2).map((action) => actionButton(action, react));
}

/** The author's text. A link in it is an answer too. */
export function bodyText(content: Pick<Content, 'body'>, react: React, id: string | null = 'body'): HTMLElement {
  const text = body(content.body, id);
  text.addEventListener('click', (event) => {
    const target = (event.target as Element).closest('a');
    if (target) react('clicked', { action: { label: target.textContent ?? '' }, event, url: target.href });
  });
  return text;
}

/** Reasons to wait, and the reason it is here, behind one quiet button. */
export function laterPanel(content: Content, labels: Labels, react: React): [HTMLElement, HTMLElement] {
  const options = el(
    'div',
    { class: 'opts' },
    button('b sec', labels.day, () => react('snoozed', { days: 1 })),
    button('b sec', labels.week, () => react('snoozed', { days: 7 })),
    button('b sec', labels.never, () => react('never_again')),
  );
  const why = content.why && el('p', { class: 'why' }, el('b', {}, labels.why), content.why);
  const panel = el('div', { class: 'more', id: 'more', hidden: '' }, options, why);
  const toggle = button('b txt', labels.later, () => {
    panel.hidden = !panel.hidden;
    toggle.setAttribute('aria-expanded', String(!panel.hidden));
  });
  toggle.setAttribute('aria-expanded', 'false');
  toggle.setAttribute('aria-controls', 'more');
  return [toggle, panel];
}

/** Give `card` its language and direction, and name it by its title. */
export function nameCard(card: HTMLElement, { lang, dir, title }: Content, tag: 'h2' | 'h3' = 'h2'): HTMLElement {
  if (lang) card.lang = lang;
  if (dir) card.dir = dir;
  card.setAttribute('aria-labelledby', 'title');
  return el(tag, { id: 'title' }, String(title));
}

export interface Inside {
  content: Content;
  labels: Labels;
  react: React;
  /** Between the text and the buttons. */
  middle?: (HTMLElement | null)[];
  /** Instead of the author's actions. */
  buttons?: HTMLElement[];
  /** Instead of the cross that dismisses. */
  corner?: HTMLElement;
}

/** Fill `card`; the result is its title. The banner puts its text beside its buttons, the others above. */
export function fillCard(card: HTMLElement, inside: Inside): HTMLElement {
  const { content, labels, react, middle = [] } = inside;
  const title = nameCard(card, content);
  const corner = inside.corner ?? iconButton('x', labels.close, () => react('dismissed'));
  const bar = content.progress && progress(content.progress, labels);
  const [later, panel] = laterPanel(content, labels, react);
  const foot = el('div', { class: 'foot' }, ...(inside.buttons ?? actionButtons(content, react)), later);
  const text = bodyText(content, react);
  const parts = card.classList.contains('banner')
    ? [el('div', { class: 'text' }, title, text, bar), foot, corner, panel]
    : [el('div', { class: 'head' }, title, corner), text, bar, ...middle, foot, panel];
  card.replaceChildren(el('div', { class: 'in' }, ...parts));
  return title;
}

/** Focus a title that is no control: what it is comes before how to leave it. */
export function focusTitle(title: HTMLElement): void {
  title.tabIndex = -1;
  title.focus();
}
