// One line at the foot of the window, over the page and not in it: nothing moves when it comes or goes.

import { reachable } from './a11y';
import { fillCard } from './card';
import { fill } from './labels';
import { announce, type Close, mount, type Paint, raise } from './mount';
import { el } from './nodes';

export function banner(paint: Paint): Close | null {
  const mounted = mount(document.body, paint.theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const card = el('section', { class: 'card banner' });
  fillCard(card, paint.content, paint.labels, paint.react);
  root.append(card);
  raise(card);
  const keys = reachable({ host, inside: root, anchor: null, escape: () => paint.react('dismissed') });
  announce(root, fill(paint.labels.reach, { title: paint.content.title }));
  return () => {
    keys.stop();
    keys.back();
    mounted.remove();
  };
}
