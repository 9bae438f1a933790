import { expect, test } from 'vitest';
import { body, safeUrl } from '../src/ui/nodes';
import { place } from '../src/ui/position';
import { luminance, readableOn } from '../src/ui/theme';

test.each([
  ['https://example.com/x', true],
  ['/automations/new', true],
  ['mailto:a@example.com', true],
  ['javascript:alert(1)', false],
  [' java\nscript:alert(1)', false],
  ['data:text/html,x', false],
  ['//evil.test/x', false],
  ['\\\\evil.test', false],
  ['http://evil.test/', false],
  ['https://user@evil.test/', false],
  [null, true],
])('%s is allowed: %s', (href, allowed) => {
  expect(!!safeUrl(href)).toBe(allowed);
});

test('text from an author is text, and unknown nodes are left out', () => {
  const made = body([
    { t: 'p', c: [{ t: 'text', v: '<img src=x onerror=alert(1)>' }, { t: 'blink', v: 'x' } as never] },
    { t: 'script', v: 'x' } as never,
    { t: 'list', ordered: true, c: [[{ t: 'strong', c: [{ t: 'text', v: 'one' }] }], [{ t: 'code', v: '<b>' }]] },
  ]);
  expect(made.querySelectorAll('img,script,b')).toHaveLength(0);
  expect(made.querySelector('p')?.textContent).toBe('<img src=x onerror=alert(1)>');
  expect([...made.querySelectorAll('ol>li')].map((item) => item.textContent)).toEqual(['one', '<b>']);
});

test('a link with a bad address stays as words', () => {
  const made = body([{ t: 'p', c: [{ t: 'link', href: 'javascript:alert(1)', c: [{ t: 'text', v: 'read' }] }] }]);
  expect(made.querySelector('a')).toBe(null);
  expect(made.textContent).toBe('read');
});

const CARD = { width: 320, height: 160 };
const VIEW = { width: 1000, height: 700 };

test('below the anchor when there is room, above when not, beside when neither', () => {
  const at = (x: number, y: number, view = VIEW) => place({ x, y, width: 80, height: 30 }, CARD, view).side;
  expect(at(400, 100)).toBe('bottom');
  expect(at(400, 600)).toBe('top');
  expect(at(100, 90, { width: 1000, height: 220 })).toBe('right');
  expect(at(800, 90, { width: 1000, height: 220 })).toBe('left');
});

test('at the edge it is pushed into view and its arrow still points at the anchor', () => {
  const made = place({ x: 940, y: 100, width: 40, height: 30 }, CARD, VIEW);
  expect(made.x + CARD.width).toBeLessThanOrEqual(VIEW.width - 8);
  expect(made.x + made.arrow).toBeCloseTo(960, -1);
});

test('text on an accent is whichever of black and white reads better', () => {
  expect(readableOn('#0b6e5a')).toBe('#fff');
  expect(readableOn('#ffd400')).toBe('#000');
  expect(readableOn('rebeccapurple')).toBe(undefined);
  expect(luminance([255, 255, 255])).toBeCloseTo(1);
});
