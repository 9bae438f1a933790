// Where a tooltip goes: pure geometry, all figures in CSS pixels of the viewport.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Side = 'bottom' | 'top' | 'right' | 'left';

export interface Place {
  x: number;
  y: number;
  side: Side;
  /** Offset of the arrow's middle along the card's edge. */
  arrow: number;
}

const GAP = 10;
const MARGIN = 8;
/** The arrow stays clear of the rounded corners. */
const CORNER = 20;

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(value, high));

/**
 * Below the anchor, else above, else beside it; centred, then pushed back into view along that edge. Where no side has
 * room, the roomiest one, kept inside the viewport. An anchor scrolled away takes the card with it.
 */
export function place(anchor: Box, card: { width: number; height: number }, view: { width: number; height: number }): Place {
  const room: Record<Side, number> = {
    bottom: view.height - anchor.y - anchor.height - GAP - MARGIN - card.height,
    top: anchor.y - GAP - MARGIN - card.height,
    right: view.width - anchor.x - anchor.width - GAP - MARGIN - card.width,
    left: anchor.x - GAP - MARGIN - card.width,
  };
  const sides = Object.keys(room) as Side[];
  const side = sides.find((name) => room[name] >= 0) ?? sides.reduce((a, b) => (room[b] > room[a] ? b : a));
  const upright = side === 'bottom' || side === 'top';
  const middle = upright ? anchor.x + anchor.width / 2 : anchor.y + anchor.height / 2;
  const length = upright ? card.width : card.height;
  const along = clamp(middle - length / 2, MARGIN, Math.max(MARGIN, (upright ? view.width : view.height) - length - MARGIN));
  const away = {
    bottom: anchor.y + anchor.height + GAP,
    top: anchor.y - GAP - card.height,
    right: anchor.x + anchor.width + GAP,
    left: anchor.x - GAP - card.width,
  }[side];
  const across = upright ? view.height - card.height : view.width - card.width;
  const fitted = room[side] < 0 ? clamp(away, MARGIN, Math.max(MARGIN, across - MARGIN)) : away;
  return {
    x: Math.round(upright ? along : fitted),
    y: Math.round(upright ? fitted : along),
    side,
    arrow: Math.round(clamp(middle - along, CORNER, length - CORNER)),
  };
}
