import { expect, it } from 'vitest';
import { began } from '../src/core/visit';
import { FakePlatform } from './fake-platform';

const MINUTE = 60_000;

it('a visit goes on while there are signs of the person and ends after half an hour without', () => {
  const { store } = new FakePlatform();
  expect(began(store, 'visit', 1000)).toBe(1000);
  expect(began(store, 'visit', 1000 + 29 * MINUTE)).toBe(1000);
  expect(began(store, 'visit', 1000 + 58 * MINUTE)).toBe(1000);
  expect(began(store, 'visit', 1000 + 88 * MINUTE)).toBe(1000 + 88 * MINUTE);
});

it('what is stored may be anything, and the clock may be set back', () => {
  const { store } = new FakePlatform();
  for (const odd of ['', 'x', '5', 'NaN NaN', '9e9 1']) {
    store.set('visit', odd);
    expect(began(store, 'visit', 7000)).toBe(7000);
  }
  store.set('visit', '5000 9000');
  expect(began(store, 'visit', 7000)).toBe(7000);
});

it('without storage every sign begins a visit', () => {
  const store = { get: () => null, set: () => false, keys: () => [] };
  expect(began(store, 'visit', 5)).toBe(5);
});
