import { expect, test } from 'vitest';
import { Buffer, utf8Length } from '../src/core/buffer';

const all = () => '';
const fill = (buffer: Buffer, count: number, text = 'x') => {
  for (let i = 0; i < count; i++) buffer.push(JSON.stringify({ i, text }), null, 0, true);
};

test('it counts bytes as UTF-8 does', () => {
  for (const text of ['', 'abc', 'ü', '€', '😀', 'aü€😀']) {
    expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
  }
});

test('past 1,000 events the oldest go, and are counted', () => {
  const buffer = new Buffer();
  fill(buffer, 1003);
  expect(buffer.size).toBe(1000);
  expect(buffer.drops).toEqual({ overflow: 3 });
  expect(buffer.take(1, 1e6, all)[0]?.json).toContain('"i":3');
});

test('past 1 MB the oldest go, whatever their number', () => {
  const buffer = new Buffer();
  fill(buffer, 60, 'x'.repeat(20_000));
  expect(buffer.size).toBeLessThan(50);
  expect(buffer.dump().length).toBeLessThanOrEqual(1_000_100);
});

test('an event over 32 KB is not taken', () => {
  const buffer = new Buffer();
  fill(buffer, 1, 'x'.repeat(33_000));
  expect(buffer.size).toBe(0);
  expect(buffer.drops).toEqual({ too_large: 1 });
});

test('what is in flight is not taken twice, and can come back in its old place', () => {
  const buffer = new Buffer();
  fill(buffer, 5);
  const first = buffer.take(2, 1e6, all);
  expect(buffer.take(9, 1e6, all)).toHaveLength(3);
  buffer.release(first);
  expect(buffer.take(9, 1e6, all)).toEqual(first);
  buffer.remove(first);
  expect(buffer.size).toBe(3);
});

test('a piece keeps to its bytes, but never refuses its first event', () => {
  const buffer = new Buffer();
  fill(buffer, 3, 'x'.repeat(9000));
  expect(buffer.take(20, 15_000, all)).toHaveLength(1);
  expect(buffer.take(20, 20_000, all)).toHaveLength(2);
});

test('one batch holds one group, and leaves out who has to wait', () => {
  const buffer = new Buffer();
  for (const user of ['ana', 'bo', 'ana', 'cy']) buffer.push('{}', user, 0, true);
  const batch = buffer.take(9, 1e6, (entry) => (entry.user === 'bo' ? null : (entry.user ?? '')));
  expect(batch.map((entry) => entry.user)).toEqual(['ana', 'ana']);
});
