// A small dot at its anchor that opens a card when pressed, and nothing before.

import type { Paint, Painted } from './painting';
import { reachable } from './a11y';
import { fillCard, focusTitle, iconButton } from './card';
import { beside, dialogAround, follow } from './floating';
import { labelsFor } from './labels';
import { mount, raise } from './mount';
import { el } from './nodes';

export function hotspot(paint: Paint): Painted | null {
  const { anchor, nudge, react } = paint;
  const { content } = nudge;
  const mounted = anchor && mount(dialogAround(anchor), paint.theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const labels = labelsFor(content.lang, paint.labels);
  let stop: (() => void) | null = null;
  const dot = iconButton('dot', String(content.title), () => toggle());
  dot.setAttribute('aria-haspopup', 'dialog');
  const card = el('div', { class: 'card tooltip', role: 'dialog', 'aria-describedby': 'body', id: 'card', hidden: '' });
  const title = fillCard(card, { content, labels, react });
  root.append(dot, card);
  raise(dot);

  const toggle = () => {
    stop?.();
    stop = null;
    card.hidden = !card.hidden;
    dot.setAttribute('aria-expanded', String(!card.hidden));
    if (card.hidden) {
      if (card.matches(':popover-open')) card.hidePopover();
      return dot.focus();
    }
    raise(card);
    stop = beside(dot, card, host, () => paint.gone());
    focusTitle(title);
  };
  const put = () => {
    const { right, left, top } = anchor.getBoundingClientRect();
    const x = content.dir === 'rtl' ? left : right;
    dot.style.setProperty('left', `${Math.max(0, Math.min(x - 12, document.documentElement.clientWidth - 24))}px`);
    dot.style.setProperty('top', `${Math.max(0, top - 12)}px`);
    // Away with its anchor: a dot at the edge of the window would mark something else.
    dot.classList.toggle('out', top < -12 || top > innerHeight);
  };
  const unfollow = follow(anchor, host, put, () => paint.gone());
  const keys = reachable({ host, inside: root, anchor, escape: toggle, idle: () => !!card.hidden });
  dot.setAttribute('aria-expanded', 'false');
  put();
  return {
    close() {
      stop?.();
      unfollow();
      keys.stop();
      keys.back();
      mounted.remove();
    },
  };
}
