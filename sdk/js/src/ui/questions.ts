// The questions of a survey as form controls: native radios, checkboxes and text, named, described and checked.

import type { Question } from '../core/types';
import type { Labels } from '../core/public';
import { fill } from './labels';
import { el } from './nodes';

export type Answer = number | string | string[] | null;

export interface Field {
  question: Question;
  element: HTMLElement;
  /** Null while it is not answered. */
  answer(): Answer;
  /** Say what is wrong, or that nothing is. */
  complain(words: string): void;
  focus(): void;
}

const SCALES = { nps: [0, 10], csat: [1, 5], stars: [1, 5] } as const;
const TEXT_MAX = 2000;

type Group = { inputs: HTMLInputElement[]; boxes: HTMLElement[] };

/** Figures or stars in a row; each is a radio button with its words. */
function scale({ type }: Question, name: string, labels: Labels): Group {
  const [from, to] = SCALES[type as keyof typeof SCALES];
  const inputs: HTMLInputElement[] = [];
  const boxes: HTMLElement[] = [];
  for (let value = from; value <= to; value++) {
    const words = type === 'stars' ? fill(labels.stars, { done: value, total: to }) : null;
    const input = el('input', { type: 'radio', name, value: String(value), 'aria-label': words });
    const face = el('span', { 'aria-hidden': words && 'true' }, type === 'stars' ? '' : String(value));
    inputs.push(input);
    boxes.push(el('label', { title: words }, input, face));
  }
  const row = el('div', { class: `scale ${type}` }, ...boxes);
  row.addEventListener('change', () => {
    const at = inputs.findIndex((input) => input.checked);
    boxes.forEach((box, i) => box.classList.toggle('on', i <= at));
  });
  return { inputs, boxes: [row] };
}

function choice({ multiple, options = [] }: Question, name: string): Group {
  const inputs: HTMLInputElement[] = [];
  const boxes = options.map(({ key, label }) => {
    const input = el('input', { type: multiple ? 'checkbox' : 'radio', name, value: String(key) });
    inputs.push(input);
    return el('label', { class: 'opt' }, input, el('span', {}, String(label)));
  });
  return { inputs, boxes };
}

function heading(question: Question, labels: Labels): (string | HTMLElement)[] {
  const words: (string | HTMLElement)[] = [String(question.title)];
  if (!question.required) words.push(' ', el('span', { class: 'opt-word' }, `(${labels.optional})`));
  return words;
}

function textField(question: Question, id: string, labels: Labels): Field {
  const error = el('p', { class: 'err', id: `${id}-error` });
  const area = el('textarea', { id, rows: '3', maxlength: String(TEXT_MAX), 'aria-describedby': `${id}-error` });
  if (question.required) area.setAttribute('aria-required', 'true');
  const element = el('div', { class: 'q' }, el('label', { class: 'ask', for: id }, ...heading(question, labels)), area, error);
  return {
    question,
    element,
    answer: () => area.value.trim().slice(0, TEXT_MAX) || null,
    complain(words) {
      error.textContent = words;
      area.setAttribute('aria-invalid', String(!!words));
    },
    focus: () => area.focus(),
  };
}

function groupField(question: Question, id: string, labels: Labels): Field {
  const { type, multiple, low, high, required } = question;
  const { inputs, boxes } = type === 'choice' ? choice(question, id) : scale(question, id, labels);
  const error = el('p', { class: 'err', id: `${id}-error` });
  const ends = (low || high) && el('p', { class: 'ends', id: `${id}-ends` }, el('span', {}, low ?? ''), ' ', el('span', {}, high ?? ''));
  const isRadio = !multiple || type !== 'choice';
  const element = el(
    'fieldset',
    {
      class: 'q',
      role: isRadio ? 'radiogroup' : null,
      'aria-labelledby': `${id}-title`,
      'aria-describedby': `${ends ? `${id}-ends ` : ''}${id}-error`,
      'aria-required': isRadio && required ? 'true' : null,
    },
    el('legend', { class: 'ask', id: `${id}-title` }, ...heading(question, labels)),
    ...boxes,
    ends,
    error,
  );
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    question,
    element,
    answer() {
      const [first] = chosen();
      if (first === undefined) return null;
      if (type !== 'choice') return Number(first);
      return multiple ? chosen() : first;
    },
    complain(words) {
      error.textContent = words;
      if (isRadio) element.setAttribute('aria-invalid', String(!!words));
    },
    focus: () => inputs[0]?.focus(),
  };
}

/** Null for a kind of question that a newer server knows and this file does not. */
export function field(question: Question, id: string, labels: Labels): Field | null {
  if (question?.type === 'text') return textField(question, id, labels);
  const known = question && (question.type === 'choice' || Object.keys(SCALES).includes(question.type));
  return known ? groupField(question, id, labels) : null;
}
