import { expect, test } from 'vitest';
import { IDLE, next, type Session, type Step } from '../src/core/session';

const CLAIM: Step = { do: 'claim', nudge: 'n' };
const GRANTED: Step = { do: 'granted', offer: 'o' };
const PAINTED: Step = { do: 'painted' };
const SEEN: Step = { do: 'seen' };
const DISMISS: Step = { do: 'react', reaction: 'dismissed' };
const LEAVE: Step = { do: 'leave' };

const run = (...steps: Step[]): [Session, string[]] => {
  let now = IDLE;
  const reports: string[] = [];
  for (const step of steps) {
    now = next(now, step);
    if (now.report) reports.push(now.report);
  }
  return [now, reports];
};

test('claimed, painted, seen, dismissed: two reports, once each', () => {
  const [end, reports] = run(CLAIM, GRANTED, PAINTED, SEEN, SEEN, DISMISS, DISMISS);
  expect(reports).toEqual(['shown', 'dismissed']);
  expect(end.phase).toBe('idle');
});

test('closed within the first second it was never shown', () => {
  expect(run(CLAIM, GRANTED, PAINTED, DISMISS, SEEN)[1]).toEqual(['dismissed']);
});

test('nothing is painted without a grant, and nothing is reported', () => {
  const [end, reports] = run(CLAIM, PAINTED, SEEN, DISMISS);
  expect(end.phase).toBe('claiming');
  expect(reports).toEqual([]);
});

test('an anchor that goes away reports nothing and frees the place', () => {
  const [end, reports] = run(CLAIM, GRANTED, PAINTED, LEAVE);
  expect(reports).toEqual([]);
  expect(end).toBe(IDLE);
});

test('a second claim waits for its turn', () => {
  expect(run(CLAIM, { do: 'claim', nudge: 'other' })[0].nudge).toBe('n');
});

test('a step of a tour is reported and changes nothing; an answer leaves only the thanks', () => {
  const step: Step = { do: 'react', reaction: 'stepped' };
  const answer: Step = { do: 'react', reaction: 'answered' };
  const [stepped, said] = run(CLAIM, GRANTED, PAINTED, step, SEEN, step);
  expect([stepped.phase, said]).toEqual(['shown', ['stepped', 'shown', 'stepped']]);
  const [thanked] = run(CLAIM, GRANTED, PAINTED, SEEN, answer);
  expect(thanked.phase).toBe('said');
  const [closed, reports] = run(CLAIM, GRANTED, PAINTED, SEEN, answer, SEEN, DISMISS);
  expect([closed.phase, reports]).toEqual(['idle', ['shown', 'answered']]);
});
