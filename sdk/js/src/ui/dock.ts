// What stands at the foot of the window stands on each other's shoulders, never on each other.

const GAP = 12;
/** Lowest first: the banner, then the launcher of a checklist, then what interrupts. */
const ORDER = ['banner', 'list', 'corner'];
const docked: HTMLElement[] = [];

const rank = (card: HTMLElement) => ORDER.findIndex((name) => card.classList.contains(name));

function stack(): void {
  let bottom = innerWidth > 640 ? 16 : 8;
  for (const card of docked) {
    card.style.setProperty('bottom', `${bottom}px`);
    // Above a launcher there may be little room left; the card scrolls inside rather than leave the window.
    card.style.setProperty('--room', `${Math.max(160, innerHeight - bottom - 8)}px`);
    bottom += card.offsetHeight + GAP;
  }
}

/** Give `card` its place at the foot. The result gives it up. */
export function dock(card: HTMLElement): () => void {
  const sizes = new ResizeObserver(stack);
  docked.push(card);
  docked.sort((a, b) => rank(a) - rank(b));
  sizes.observe(card);
  addEventListener('resize', stack);
  stack();
  return () => {
    sizes.disconnect();
    removeEventListener('resize', stack);
    docked.splice(docked.indexOf(card), 1);
    stack();
  };
}
