// A small non-modal dialog beside its anchor. It never takes the focus and never outlives the anchor.

import { inView, isVisible } from '../platform/page';
import { reachable } from './a11y';
import { fillCard } from './card';
import { fill } from './labels';
import { announce, type Close, mount, type Paint, raise } from './mount';
import { el } from './nodes';
import { place } from './position';

/** The modal dialog the anchor stands in: outside it nothing can be reached. */
function dialogAround(anchor: HTMLElement): Element {
  for (let node: Node | null = anchor; node; node = node.parentNode ?? (node as Partial<ShadowRoot>).host ?? null) {
    if (node instanceof HTMLDialogElement && node.open) return node;
  }
  return document.body;
}

export function tooltip(paint: Paint): Close | null {
  const { anchor, content, labels, react } = paint;
  const mounted = anchor && mount(dialogAround(anchor), paint.theme);
  if (!mounted) return null;
  const { host, root } = mounted;
  const arrow = el('div', { class: 'arrow' });
  const card = el('div', { class: 'card tooltip', role: 'dialog', 'aria-describedby': 'body' });
  fillCard(card, content, labels, react);
  card.append(arrow);
  root.append(card);
  raise(card);

  const follow = () => {
    if (!isVisible(anchor) || !host.isConnected) return paint.gone();
    const view = document.documentElement;
    const at = place(
      anchor.getBoundingClientRect(),
      { width: card.offsetWidth, height: card.offsetHeight },
      { width: view.clientWidth, height: innerHeight },
    );
    const upright = at.side === 'bottom' || at.side === 'top';
    card.dataset.side = at.side;
    card.style.setProperty('left', `${at.x}px`);
    card.style.setProperty('top', `${at.y}px`);
    arrow.style.setProperty('left', upright ? `${at.arrow - 5}px` : '');
    arrow.style.setProperty('top', upright ? '' : `${at.arrow - 5}px`);
  };
  const keys = reachable({ host, inside: root, anchor, escape: () => react('dismissed') });
  const sizes = new ResizeObserver(follow);
  sizes.observe(anchor);
  sizes.observe(card);
  // An anchor scrolled out of its own box would leave the card pointing at something else.
  const unwatch = inView(anchor, (seen) => card.classList.toggle('out', !seen && document.activeElement !== host));
  // Layout can move an anchor without any event; this also notices that it is gone.
  const timer = setInterval(follow, 250);
  addEventListener('scroll', follow, { capture: true, passive: true });
  addEventListener('resize', follow);
  follow();
  announce(root, fill(labels.reach, { title: content.title }));

  return () => {
    clearInterval(timer);
    sizes.disconnect();
    unwatch();
    removeEventListener('scroll', follow, true);
    removeEventListener('resize', follow);
    keys.stop();
    keys.back();
    mounted.remove();
  };
}
