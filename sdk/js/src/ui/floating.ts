// A card that keeps beside its anchor, wherever layout and scrolling take it.

import { inView, isVisible } from '../platform/page';
import { el } from './nodes';
import { place } from './position';

/** The modal dialog the anchor stands in: outside it nothing can be reached. */
export function dialogAround(anchor: HTMLElement): Element {
  for (let node: Node | null = anchor; node; node = node.parentNode ?? (node as Partial<ShadowRoot>).host ?? null) {
    if (node instanceof HTMLDialogElement && node.open) return node;
  }
  return document.body;
}

/** Call `moved` whenever the anchor may have moved, and `gone` when it is. The result stops. */
export function follow(anchor: HTMLElement, host: HTMLElement, moved: () => void, gone: () => void): () => void {
  const look = () => (isVisible(anchor) && host.isConnected ? moved() : gone());
  const sizes = new ResizeObserver(look);
  sizes.observe(anchor);
  // Layout can move an anchor without any event; this also notices that it is gone.
  const timer = setInterval(look, 250);
  addEventListener('scroll', look, { capture: true, passive: true });
  addEventListener('resize', look);
  return () => {
    clearInterval(timer);
    sizes.disconnect();
    removeEventListener('scroll', look, true);
    removeEventListener('resize', look);
  };
}

/** What a `zoom` in the page's styles makes of a pixel: rectangles are measured with it, styles are written without. */
const zoomOf = (card: Element) => card.currentCSSZoom ?? 1;

/** Put `card` beside `anchor` and keep it there. The result stops. */
export function beside(anchor: HTMLElement, card: HTMLElement, host: HTMLElement, gone: () => void): () => void {
  const arrow = el('div', { class: 'arrow' });
  card.append(arrow);
  const put = () => {
    const zoom = zoomOf(card);
    const at = place(
      anchor.getBoundingClientRect(),
      { width: card.offsetWidth * zoom, height: card.offsetHeight * zoom },
      { width: document.documentElement.clientWidth, height: innerHeight },
    );
    const upright = at.side === 'bottom' || at.side === 'top';
    card.dataset.side = at.side;
    card.style.setProperty('left', `${at.x / zoom}px`);
    card.style.setProperty('top', `${at.y / zoom}px`);
    arrow.style.setProperty('left', upright ? `${at.arrow / zoom - 5}px` : '');
    arrow.style.setProperty('top', upright ? '' : `${at.arrow / zoom - 5}px`);
  };
  const stop = follow(anchor, host, put, gone);
  const sizes = new ResizeObserver(put);
  sizes.observe(card);
  // An anchor scrolled out of its own box would leave the card pointing at something else.
  const unwatch = inView(anchor, (seen) => card.classList.toggle('out', !seen && document.activeElement !== host));
  put();
  return () => {
    stop();
    sizes.disconnect();
    unwatch();
    arrow.remove();
  };
}
