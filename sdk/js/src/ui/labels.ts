// The few words of our own. The author's content brings its language; these follow it.

import type { Labels } from '../core/public';

const EN: Labels = {
  close: 'Close',
  later: 'Later',
  day: 'In 1 day',
  week: 'In 7 days',
  never: "Don't show again",
  why: 'Why am I seeing this?',
  progress: '{done} of {total}',
  reach: '{title}. Press F6 to go to this tip.',
  next: 'Next',
  back: 'Back',
  finish: 'Finish',
  skip: 'Skip the tour',
  minimise: 'Minimise',
  itemDone: 'Done:',
  itemOpen: 'To do:',
  allDone: 'All done.',
  send: 'Send',
  optional: 'optional',
  needed: 'Please answer this question.',
  thanks: 'Thank you for your answer',
  stars: '{done} of {total} stars',
  news: "What's new",
  unread: '{count} unread',
  isNew: 'New',
  noNews: 'Nothing here yet. News will appear in this list.',
};

const DE: Labels = {
  close: 'Schließen',
  later: 'Später',
  day: 'In 1 Tag',
  week: 'In 7 Tagen',
  never: 'Nicht mehr zeigen',
  why: 'Warum sehe ich das?',
  progress: '{done} von {total}',
  reach: '{title}. Mit F6 zu diesem Hinweis.',
  next: 'Weiter',
  back: 'Zurück',
  finish: 'Fertig',
  skip: 'Tour beenden',
  minimise: 'Verkleinern',
  itemDone: 'Erledigt:',
  itemOpen: 'Offen:',
  allDone: 'Alles erledigt.',
  send: 'Senden',
  optional: 'freiwillig',
  needed: 'Bitte beantworten Sie diese Frage.',
  thanks: 'Danke für Ihre Antwort',
  stars: '{done} von {total} Sternen',
  news: 'Neuigkeiten',
  unread: '{count} ungelesen',
  isNew: 'Neu',
  noNews: 'Noch nichts da. Neuigkeiten erscheinen in dieser Liste.',
};

export function labelsFor(lang: string | undefined, own: Partial<Labels> = {}): Labels {
  return { ...(/^de\b/i.test(lang ?? '') ? DE : EN), ...own };
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
