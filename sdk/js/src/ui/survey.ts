// A few questions in a card in the corner. What is missing is said beside it; what is sent is thanked for.

import type { Answers } from '../core/types';
import type { Paint, Painted } from './painting';
import { reachable } from './a11y';
import { button, fillCard, focusTitle, iconButton } from './card';
import { dock } from './dock';
import { fill, labelsFor } from './labels';
import { announce, mount, raise } from './mount';
import { body, el } from './nodes';
import { field, type Field } from './questions';

/** Every field says whether it lacks an answer; the result is the first that does. */
function firstMissing(fields: readonly Field[], needed: string): Field | undefined {
  const missing = fields.filter(({ question, answer }) => question.required && answer() === null);
  for (const one of fields) one.complain(missing.includes(one) ? needed : '');
  return missing[0];
}

/** Entries, not assignments: a question may be called __proto__. */
function answersOf(fields: readonly Field[]): Answers {
  const given = fields.map(({ question, answer }) => [question.key, answer()] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== null)) as Answers;
}

export function survey(paint: Paint): Painted | null {
  const { nudge, react } = paint;
  const { content } = nudge;
  const labels = labelsFor(content.lang, paint.labels);
  const questions = Array.isArray(nudge.survey?.questions) ? nudge.survey.questions : [];
  const fields = questions.map((one, i) => field(one, `q${i}`, labels)).filter((one) => one !== null);
  const mounted = fields.length ? mount(document.body, paint.theme) : null;
  if (!mounted) return null;
  const { host, root } = mounted;
  const card = el('div', { class: 'card corner survey', role: 'dialog', 'aria-describedby': 'body' });

  const thank = (inside: boolean) => {
    const close = () => react('dismissed');
    const title = el('h2', { id: 'title' }, labels.thanks);
    const head = el('div', { class: 'head' }, title, iconButton('x', labels.close, close));
    card.replaceChildren(el('div', { class: 'in' }, head, body(content.thanks)));
    if (inside) focusTitle(title);
    else say(labels.thanks);
  };
  const send = () => {
    const missing = firstMissing(fields, labels.needed);
    if (missing) return missing.focus();
    const inside = document.activeElement === host;
    react('answered', { answers: answersOf(fields) });
    thank(inside);
  };
  const form = el('form', { id: 'form', novalidate: '' }, ...fields.map((one) => one.element));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  fillCard(card, { content, labels, react, middle: [form], buttons: [button('b pri', labels.send, send)] });
  // The host's one-letter shortcuts are not meant for what somebody writes here.
  for (const name of ['keydown', 'keypress', 'keyup']) card.addEventListener(name, (event) => event.stopPropagation());
  root.append(card);
  raise(card);
  const undock = dock(card);
  const keys = reachable({ host, inside: root, anchor: null, escape: () => react('dismissed') });
  const say = announce(root, fill(labels.reach, { title: content.title }));
  return {
    close() {
      undock();
      keys.stop();
      keys.back();
      mounted.remove();
    },
  };
}
