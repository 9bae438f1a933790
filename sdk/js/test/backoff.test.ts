import { expect, test } from 'vitest';
import { backoff, retryAfter } from '../src/core/backoff';

test('full jitter runs from nothing to a doubling ceiling', () => {
  expect(backoff(1, 0)).toBe(0);
  expect([1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([2000, 4000, 8000]);
  expect(backoff(500, 1)).toBe(60_000);
});

test('Retry-After counts when it is an integer, up to 300 s', () => {
  expect(retryAfter('7')).toBe(7000);
  expect(retryAfter('4000')).toBe(300_000);
  for (const header of [null, '', 'Wed, 21 Oct 2026 07:28:00 GMT', '-1', '1.5']) expect(retryAfter(header)).toBe(null);
});
