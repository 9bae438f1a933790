// The few words of our own. The author's content brings its language; these follow it.

export interface Labels {
  close: string;
  later: string;
  day: string;
  week: string;
  never: string;
  why: string;
  /** `{done}` and `{total}` are filled in. */
  progress: string;
  /** Said once by a screen reader when a tooltip or banner appears; `{title}` is filled in. */
  reach: string;
}

const EN: Labels = {
  close: 'Close',
  later: 'Later',
  day: 'In 1 day',
  week: 'In 7 days',
  never: "Don't show again",
  why: 'Why am I seeing this?',
  progress: '{done} of {total}',
  reach: '{title}. Press F6 to go to this tip.',
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
};

export function labelsFor(lang: string | undefined, own: Partial<Labels> = {}): Labels {
  return { ...(/^de\b/i.test(lang ?? '') ? DE : EN), ...own };
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
