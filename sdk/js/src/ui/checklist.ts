// A small launcher with progress at the foot of the window; behind it a list that facts tick off, never clicks.

import type { Checklist, ChecklistItem, Nudge } from '../core/types';
import type { Paint, Painted, React } from './painting';
import { reachable } from './a11y';
import { bodyText, button, focusTitle, iconButton, laterPanel, nameCard, progress } from './card';
import { dock } from './dock';
import type { Labels } from '../core/public';
import { fill, labelsFor } from './labels';
import { announce, mount, raise } from './mount';
import { body, el, link } from './nodes';

function item(one: ChecklistItem, labels: Labels, react: React): HTMLElement {
  const target = !one.done && one.url ? link(one.url, 'what') : null;
  const title = target ?? el('span', { class: 'what' });
  title.append(String(one.title));
  // Opened is not done: only what the product reports ticks it.
  target?.addEventListener('click', (event) =>
    react('stepped', { step: one.key, action: { label: one.title }, event, url: target.href }),
  );
  const state = el('span', { class: 'sr' }, one.done ? labels.itemDone : labels.itemOpen, ' ');
  const more = !one.done && one.body?.length ? body(one.body, null) : null;
  return el('li', { class: one.done ? 'done' : null }, el('span', { class: 'tick' }), el('div', {}, state, title, more));
}

function panelInside({ content, checklist }: Nudge, labels: Labels, react: React, corner: HTMLElement): HTMLElement[] {
  const { items, done, total } = checklist as Checklist;
  const isDone = total > 0 && done >= total;
  const title = el('h2', { id: 'title', tabindex: '-1' }, String(content.title));
  const [later, more] = laterPanel(content, labels, react);
  const finish = isDone && button('b pri', labels.finish, () => react('completed'));
  const said = isDone
    ? bodyText({ body: content.finished ?? [{ t: 'p', c: [{ t: 'text', v: labels.allDone }] }] }, react)
    : bodyText(content, react);
  const bar = progress({ done, total }, labels);
  const list = el('ul', { class: 'items' }, ...items.map((one) => item(one, labels, react)));
  const foot = el('div', { class: 'foot' }, finish, later);
  return [el('div', { class: 'head' }, title, corner), said, bar, list, foot, more].filter((part) => part !== null);
}

export function checklist(paint: Paint): Painted | null {
  const { react } = paint;
  let { nudge } = paint;
  const usable = ({ checklist: one }: Nudge) => Array.isArray(one?.items);
  const mounted = usable(nudge) ? mount(document.body, paint.theme) : null;
  if (!mounted) return null;
  const { host, root } = mounted;
  const labels = labelsFor(nudge.content.lang, paint.labels);
  const panel = el('section', { class: 'card panel', id: 'panel', hidden: '' });
  const launcher = button('launch', '', () => toggle());
  launcher.setAttribute('aria-controls', 'panel');
  const stack = el('div', { class: 'list' }, panel, launcher);
  nameCard(panel, nudge.content);

  const toggle = () => {
    panel.hidden = !panel.hidden;
    launcher.setAttribute('aria-expanded', String(!panel.hidden));
    if (panel.hidden) launcher.focus();
    else focusTitle(panel.querySelector('h2') as HTMLElement);
  };
  const figures = () => ({ done: nudge.checklist?.done ?? 0, total: nudge.checklist?.total ?? 0 });
  const draw = () => {
    const { done, total } = figures();
    const { lang, dir, title } = nudge.content;
    // The language is the panel's and the launcher's alike.
    if (lang) stack.lang = lang;
    if (dir) stack.dir = dir;
    const ring = el('span', { class: 'ring' });
    ring.style.setProperty('--part', `${total ? Math.round((100 * done) / total) : 0}%`);
    launcher.replaceChildren(ring, el('b', {}, String(title)), ' ', el('bdi', {}, fill(labels.progress, { done, total })));
    const hadFocus = panel.contains(root.activeElement);
    const corner = iconButton('x min', labels.minimise, toggle);
    panel.replaceChildren(el('div', { class: 'in' }, ...panelInside(nudge, labels, react, corner)));
    if (hadFocus) focusTitle(panel.querySelector('h2') as HTMLElement);
  };
  launcher.setAttribute('aria-expanded', 'false');
  draw();
  root.append(stack);
  raise(stack);
  const undock = dock(stack);
  const keys = reachable({ host, inside: root, anchor: null, escape: toggle, idle: () => !!panel.hidden });
  const say = announce(root, '');
  return {
    close() {
      undock();
      keys.stop();
      keys.back();
      mounted.remove();
    },
    update(fresh) {
      if (!usable(fresh) || JSON.stringify(fresh) === JSON.stringify(nudge)) return;
      const before = figures();
      nudge = fresh;
      draw();
      const { done, total } = figures();
      if (done !== before.done) say(`${nudge.content.title}: ${fill(labels.progress, { done, total })}`);
    },
  };
}
