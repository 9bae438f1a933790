// Banner and slideout: at the foot of the window, over the page and not in it. Nothing moves when they come or go.

import type { Paint, Painted } from './painting';
import { reachable } from './a11y';
import { fillCard } from './card';
import { dock } from './dock';
import { fill, labelsFor } from './labels';
import { announce, mount, raise } from './mount';
import { el } from './nodes';

function docked(paint: Paint, card: HTMLElement): Painted | null {
  const mounted = mount(document.body, paint.theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const { react } = paint;
  const { content } = paint.nudge;
  const labels = labelsFor(content.lang, paint.labels);
  fillCard(card, { content, labels, react });
  root.append(card);
  raise(card);
  const undock = dock(card);
  const keys = reachable({ host, inside: root, anchor: null, escape: () => react('dismissed') });
  announce(root, fill(labels.reach, { title: content.title }));
  return {
    close() {
      undock();
      keys.stop();
      keys.back();
      mounted.remove();
    },
  };
}

/** One line, a landmark. */
export const banner = (paint: Paint) => docked(paint, el('section', { class: 'card banner' }));

/** A card in the corner, a non-modal dialog. */
export const slideout = (paint: Paint) =>
  docked(paint, el('div', { class: 'card corner', role: 'dialog', 'aria-describedby': 'body' }));
