import { afterEach, expect, test, vi } from 'vitest';
import { openStore } from '../src/platform/storage';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  localStorage.clear();
});

test('it keeps, lists and forgets', () => {
  const store = openStore();
  expect(store.set('a:1', 'x')).toBe(true);
  expect(store.get('a:1')).toBe('x');
  expect(store.keys('a:')).toEqual(['a:1']);
  store.set('a:1', null);
  expect(store.get('a:1')).toBe(null);
});

test('blocked storage does not throw, and memory stands in', () => {
  vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => {
    throw new DOMException('denied', 'SecurityError');
  });
  const store = openStore();
  expect(store.set('a:1', 'x')).toBe(false);
  expect(store.get('a:1')).toBe('x');
  expect(store.keys('a:')).toEqual(['a:1']);
});

test('full storage does not throw, and the newest value is the one read', () => {
  let full = false;
  const disk = new Map<string, string>();
  const fake = {
    getItem: (name: string) => disk.get(name) ?? null,
    removeItem: (name: string) => disk.delete(name),
    setItem: (name: string, value: string) => {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      disk.set(name, value);
    },
  };
  vi.spyOn(window, 'localStorage', 'get').mockReturnValue(fake as unknown as Storage);
  const store = openStore();
  store.set('a:1', 'old');
  full = true;
  expect(store.set('a:1', 'new')).toBe(false);
  expect(store.get('a:1')).toBe('new');
});
