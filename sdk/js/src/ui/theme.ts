// The host's look: four tokens, each checked, and light or dark as the page around is.

import type { Theme } from '../core/public';

/** Colours from the server, checked there for contrast; on light pages and on dark ones. */
export interface Palette {
  accent?: string;
  accentText?: string;
  background?: string;
  text?: string;
  muted?: string;
  line?: string;
  edge?: string;
  sunk?: string;
}

/** What policy.yaml says, with what the host's own `init` says over it. */
export interface Look extends Theme {
  light?: Palette;
  dark?: Palette;
}

/** The variables of styles.ts that a palette sets. */
const VARIABLES = Object.entries({ background: 'b', text: 'i', muted: 'j k', line: 'l', edge: 'm', sunk: 's' } as const);

/** Relative luminance by WCAG of 0–255 channels. */
export function luminance(channels: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = channels.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Black or white, whichever reads better on a #rrggbb colour; undefined for any other notation. */
export function readableOn(colour: string): string | undefined {
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour);
  return hex ? (luminance(hex.slice(1).map((pair) => parseInt(pair, 16))) > 0.179 ? '#000' : '#fff') : undefined;
}

function isDark(scheme: Theme['scheme']): boolean {
  if (scheme === 'dark' || scheme === 'light') return scheme === 'dark';
  for (const element of [document.body, document.documentElement]) {
    const ground = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(getComputedStyle(element).backgroundColor);
    if (ground && ground[4] !== '0') return luminance(ground.slice(1, 4).map(Number)) < 0.18;
  }
  // A see-through page shows the canvas, which is dark only where the page says it may be.
  const allowed = getComputedStyle(document.documentElement).colorScheme;
  return /dark/.test(allowed) && (!/light/.test(allowed) || matchMedia('(prefers-color-scheme:dark)').matches);
}

export function applyTheme(host: HTMLElement, theme: Look): void {
  const { font, radius } = theme;
  const dark = isDark(theme.scheme);
  const palette = theme[dark ? 'dark' : 'light'] ?? {};
  const accent = theme.accent ?? palette.accent;
  const set = (name: string, value: string | undefined, good: boolean) => {
    if (value && good) host.style.setProperty(`--wp-${name}`, value);
  };
  const isColour = (value = '') => CSS.supports('color', value) && !/var|url/i.test(value);
  const accentText = theme.accentText ?? (theme.accent ? undefined : palette.accentText) ?? readableOn(accent ?? '');
  set('accent', accent, isColour(accent));
  set('accent-text', accentText, isColour(accentText));
  set('font', font, /^[\w\s,.'"-]+$/.test(font ?? ''));
  set('radius', radius, /^(\d|1\d|2[0-4])(\.\d+)?px$|^0$/.test(radius ?? ''));
  for (const [name, short] of VARIABLES) {
    const colour = palette[name as keyof Palette];
    if (isColour(colour)) for (const one of short.split(' ')) host.style.setProperty(`--${one}`, colour as string);
  }
  host.classList.toggle('dark', dark);
}
