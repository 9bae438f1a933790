// A small non-modal dialog beside its anchor. It never takes the focus and never outlives the anchor.

import type { Paint, Painted } from './painting';
import { reachable } from './a11y';
import { fillCard } from './card';
import { beside, dialogAround } from './floating';
import { fill, labelsFor } from './labels';
import { announce, mount, raise } from './mount';
import { el } from './nodes';

export function tooltip(paint: Paint): Painted | null {
  const { anchor, nudge, react } = paint;
  const { content } = nudge;
  const mounted = anchor && mount(dialogAround(anchor), paint.theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const labels = labelsFor(content.lang, paint.labels);
  const card = el('div', { class: 'card tooltip', role: 'dialog', 'aria-describedby': 'body' });
  fillCard(card, { content, labels, react });
  root.append(card);
  raise(card);
  const stop = beside(anchor, card, host, () => paint.gone());
  const keys = reachable({ host, inside: root, anchor, escape: () => react('dismissed') });
  announce(root, fill(labels.reach, { title: content.title }));
  return {
    close() {
      stop();
      keys.stop();
      keys.back();
      mounted.remove();
    },
  };
}
