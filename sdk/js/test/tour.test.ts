import { expect, test } from 'vitest';
import { indexOf, Steps, walk, whereOf } from '../src/core/tour';
import type { Nudge, Tour } from '../src/core/types';
import { FakePlatform } from './fake-platform';

const step = (key: string, next: string | null, where = {}) => ({ key, next, where, content: { title: key } });
const TOUR: Tour = { start: 'a', steps: [step('c', null), step('a', 'b', { anchor: 'one' }), step('b', 'c', { path: '/b' })] };
const nudge = (tour: Tour | undefined) =>
  ({ key: 'n', surface: 'tour', where: { path: '/t', delay_seconds: 3 }, ...(tour && { tour }) }) as Nudge;

test('the way goes from the start along `next`, wherever the steps stand in the list', () => {
  expect(walk(TOUR).map(({ key }) => key)).toEqual(['a', 'b', 'c']);
});

test.each([
  ['a loop', { start: 'a', steps: [step('a', 'b'), step('b', 'a')] }, ['a', 'b']],
  ['a step that points at itself', { start: 'a', steps: [step('a', 'a')] }, ['a']],
  ['a step that is not there', { start: 'a', steps: [step('a', 'x')] }, ['a']],
  ['a start that is not there', { start: 'toString', steps: [step('a', null)] }, []],
])('%s ends it', (_, tour, way) => {
  expect(walk(tour as Tour).map(({ key }) => key)).toEqual(way);
});

test('a remembered step that is no longer on the way means the start', () => {
  expect(indexOf(walk(TOUR), 'b')).toBe(1);
  expect(indexOf(walk(TOUR), 'gone')).toBe(0);
  expect(indexOf(walk(TOUR), null)).toBe(0);
});

test('a step is on its own path or its tour’s, and only the first one waits', () => {
  expect(whereOf(nudge(TOUR), null)).toEqual({ path: '/t', anchor: 'one', delay_seconds: 3 });
  expect(whereOf(nudge(TOUR), 'b')).toEqual({ path: '/b' });
  expect(whereOf(nudge(TOUR), 'c')).toEqual({ path: '/t' });
  expect(whereOf(nudge(undefined), 'b')).toEqual({ path: '/t', delay_seconds: 3 });
});

test('a step is remembered over a reload only when the tour resumes', () => {
  const { store } = new FakePlatform();
  const steps = new Steps(store, 'steps');
  steps.set('ana n', 'b', true);
  steps.set('__proto__', 'c', true);
  steps.set('ana other', 'x', false);
  expect(steps.get('ana other')).toBe('x');
  const later = new Steps(store, 'steps');
  expect([later.get('ana n'), later.get('__proto__'), later.get('ana other'), later.get('constructor')]).toEqual([
    'b',
    'c',
    null,
    null,
  ]);
  later.forget('ana n');
  later.forget('__proto__');
  expect(store.get('steps')).toBe(null);
});

test('a spoilt memory is no memory', () => {
  const { store } = new FakePlatform(new Map([['steps', '{nonsense']]));
  expect(new Steps(store, 'steps').get('ana n')).toBe(null);
});
