// The inside of every nudge: title, body, progress, actions, later, close.

import type { Action, Content } from '../core/types';
import { fill, type Labels } from './labels';
import type { React } from './mount';
import { body, el, link } from './nodes';

function button(className: string, text: string, press: () => void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: className }, text);
  made.addEventListener('click', press);
  return made;
}

function progress({ done, total }: { done: number; total: number }, labels: Labels): HTMLElement | null {
  if (!(total > 0)) return null;
  const text = fill(labels.progress, { done, total });
  const bar = el('div', { class: 'bar' });
  bar.style.setProperty('width', `${Math.max(0, Math.min(100, (100 * done) / total))}%`);
  const range = { 'aria-valuemin': '0', 'aria-valuemax': String(total), 'aria-valuenow': String(done) };
  const track = el('div', { class: 'track', role: 'progressbar', 'aria-label': text, ...range }, bar);
  return el('div', { class: 'prog' }, track, el('span', { 'aria-hidden': 'true' }, text));
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

/** Reasons to wait, and the reason it is here, behind one quiet button. */
function laterPanel(content: Content, labels: Labels, react: React): [HTMLElement, HTMLElement] {
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

/** Fill `card` and name it by its title. The banner puts its text beside its buttons, the others above. */
export function fillCard(card: HTMLElement, content: Content, labels: Labels, react: React): HTMLElement {
  const { lang, dir, actions = [] } = content;
  if (lang) card.lang = lang;
  if (dir) card.dir = dir;
  card.setAttribute('aria-labelledby', 'title');
  const title = el('h2', { id: 'title' }, String(content.title));
  const close = button('x', '', () => react('dismissed'));
  close.setAttribute('aria-label', labels.close);
  const bar = content.progress && progress(content.progress, labels);
  const [later, panel] = laterPanel(content, labels, react);
  const foot = el('div', { class: 'foot' }, ...actions.slice(0, 2).map((action) => actionButton(action, react)), later);
  const text = body(content.body);
  // A link in the text is an answer too.
  text.addEventListener('click', (event) => {
    const target = (event.target as Element).closest('a');
    if (target) react('clicked', { action: { label: target.textContent ?? '' }, event, url: target.href });
  });
  const inner = card.classList.contains('banner')
    ? [el('div', { class: 'text' }, title, text, bar), foot, close, panel]
    : [el('div', { class: 'head' }, title, close), text, bar, foot, panel];
  card.append(el('div', { class: 'in' }, ...inner));
  return title;
}
