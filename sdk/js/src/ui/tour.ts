// One step of a tour: beside its anchor, or in the corner when it has none. Each step is painted anew.

import type { Content } from '../core/types';
import type { Paint, Painted } from './painting';
import { reachable } from './a11y';
import { button, fillCard, focusTitle, iconButton } from './card';
import { dock } from './dock';
import { beside, dialogAround } from './floating';
import { fill, labelsFor } from './labels';
import { announce, mount, raise } from './mount';
import { el } from './nodes';

export function tour(paint: Paint): Painted | null {
  const { anchor, nudge, react, stand } = paint;
  if (!stand || (!anchor && stand.step.where?.anchor)) return null;
  const mounted = mount(anchor ? dialogAround(anchor) : document.body, paint.theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const { step, number, total } = stand;
  const { lang, dir, why } = nudge.content;
  const content = { ...step.content, ...(lang && { lang }), ...(dir && { dir }), ...(why && { why }) } as Content;
  const labels = labelsFor(lang, paint.labels);
  const card = el('div', { class: `card ${anchor ? 'tooltip' : 'corner'} tour`, role: 'dialog', 'aria-describedby': 'body' });
  const turn = (by: 1 | -1) => stand.turn(by, document.activeElement === host);
  // Isolated: our own words may run the other way than the author's.
  const count = el('bdi', { class: 'count' }, fill(labels.progress, { done: number, total }));
  const byButton = !step.advance || step.advance.on === 'next';
  const buttons = [
    byButton && button('b pri', number < total ? labels.next : labels.finish, () => turn(1)),
    number > 1 && button('b sec', labels.back, () => turn(-1)),
  ].filter((one) => !!one);
  const corner = el('div', { class: 'top' }, count, iconButton('x', labels.skip, () => react('dismissed')));
  const title = fillCard(card, { content, labels, react, buttons, corner });
  root.append(card);
  raise(card);
  // Capture: a host that stops its own clicks has still been clicked.
  const pressed = () => turn(1);
  if (step.advance?.on === 'click') anchor?.addEventListener('click', pressed, { capture: true, once: true });
  const stop = anchor ? beside(anchor, card, host, () => paint.gone()) : dock(card);
  const keys = reachable({ host, inside: root, anchor, escape: () => react('dismissed') });
  announce(root, fill(labels.reach, { title: `${fill(labels.progress, { done: number, total })}. ${content.title}` }));
  if (stand.entered) focusTitle(title);
  return {
    close() {
      anchor?.removeEventListener('click', pressed, true);
      stop();
      keys.stop();
      keys.back();
      mounted.remove();
    },
  };
}
