import { expect, test } from 'vitest';
import type { Question } from '../src/core/types';
import { labelsFor } from '../src/ui/labels';
import { field } from '../src/ui/questions';

const LABELS = labelsFor('en');
const made = (question: Partial<Question>) => field({ key: 'k', title: 'T', ...question } as Question, 'q0', LABELS);
const check = (root: HTMLElement | undefined, ...values: string[]) =>
  root?.querySelectorAll('input').forEach((input) => (input.checked = values.includes(input.value)));

test.each([
  ['nps', 11, '0', 0],
  ['csat', 5, '5', 5],
  ['stars', 5, '3', 3],
] as const)('%s is a radio group and answers with a number', (type, count, value, number) => {
  const one = made({ type, required: true });
  expect(one?.element.querySelectorAll('input[type=radio]')).toHaveLength(count);
  expect(one?.element.getAttribute('aria-required')).toBe('true');
  expect(one?.answer()).toBe(null);
  check(one?.element, value);
  expect(one?.answer()).toBe(number);
});

test('a choice answers with a key, or with a list of them', () => {
  const options = [{ key: 'a', label: '<b>A</b>' }, { key: '__proto__', label: 'B' }];
  const one = made({ type: 'choice', options });
  check(one?.element, '__proto__');
  expect(one?.answer()).toBe('__proto__');
  const many = made({ type: 'choice', options, multiple: true });
  expect(many?.answer()).toBe(null);
  check(many?.element, 'a', '__proto__');
  expect(many?.answer()).toEqual(['a', '__proto__']);
  expect(many?.element.querySelector('b')).toBe(null);
});

test('a text is trimmed, at most 2,000 characters, and nothing when it is blank', () => {
  const one = made({ type: 'text' });
  const area = one?.element.querySelector('textarea') as HTMLTextAreaElement;
  area.value = '  ';
  expect(one?.answer()).toBe(null);
  area.value = ` ${'x'.repeat(3000)}`;
  expect(one?.answer()).toHaveLength(2000);
});

test('what is wrong is said beside the question, and unsaid', () => {
  const one = made({ type: 'nps', required: true });
  one?.complain('Please');
  expect([one?.element.querySelector('.err')?.textContent, one?.element.getAttribute('aria-invalid')]).toEqual(['Please', 'true']);
  one?.complain('');
  expect(one?.element.getAttribute('aria-invalid')).toBe('false');
});

test('an unknown kind of question is left out', () => {
  expect(made({ type: 'constructor' as never })).toBe(null);
});
