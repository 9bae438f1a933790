// The words on the wire and the little the core needs from the world. No DOM types in this folder.

export type Surface =
  | 'tooltip'
  | 'banner'
  | 'modal'
  | 'slideout'
  | 'hotspot'
  | 'tour'
  | 'checklist'
  | 'survey'
  | 'announcement';
/** `interrupting` nudges and surveys appear one at a time; a `passive` one may lie beside them. */
export type Kind = 'interrupting' | 'passive' | 'survey';

export type Inline =
  | { t: 'text'; v: string }
  | { t: 'code'; v: string }
  | { t: 'strong'; c: Inline[] }
  | { t: 'em'; c: Inline[] }
  | { t: 'link'; href: string; c: Inline[] }
  | { t: 'br' };

export type Block = { t: 'p'; c: Inline[] } | { t: 'list'; ordered?: boolean; c: Inline[][] };

export interface Action {
  label: string;
  /** A path of the same origin, https or mailto. Anything else leaves the button without a destination. */
  url?: string;
  /** Name of an event to track when the button is pressed. */
  event?: string;
  primary?: boolean;
}

export interface Content {
  lang?: string;
  dir?: 'ltr' | 'rtl';
  title: string;
  body?: Block[];
  progress?: { done: number; total: number };
  actions?: Action[];
  why?: string;
  /** Of a checklist: said when every item is done. */
  finished?: Block[];
  /** Of a survey: said when it is sent. */
  thanks?: Block[];
}

export interface Where {
  path?: string;
  anchor?: string;
  delay_seconds?: number;
}

export interface TourStep {
  key: string;
  where?: Where;
  content: Pick<Content, 'title' | 'body'>;
  /** What ends the step: our button, a click on the anchor, or an event the product tracks. */
  advance?: { on: 'next' | 'click' | 'event'; event?: string };
  next: string | null;
}

export interface Tour {
  /** Remember the step for the next visit. */
  resume?: boolean;
  start: string;
  steps: TourStep[];
}

export interface ChecklistItem {
  key: string;
  title: string;
  body?: Block[];
  done: boolean;
  url?: string;
}

export interface Checklist {
  done: number;
  total: number;
  items: ChecklistItem[];
}

export interface Question {
  key: string;
  type: 'nps' | 'csat' | 'stars' | 'choice' | 'text';
  required?: boolean;
  /** More than one option may be chosen. */
  multiple?: boolean;
  title: string;
  /** What the two ends of a scale mean. */
  low?: string;
  high?: string;
  options?: { key: string; label: string }[];
}

export type Answers = Record<string, number | string | string[]>;

export interface Nudge {
  key: string;
  surface: Surface;
  kind: Kind;
  release: number;
  /** The offer this person holds already: no claim is needed to paint it again. */
  offer?: string;
  where?: Where;
  content: Content;
  tour?: Tour;
  checklist?: Checklist;
  survey?: { questions: Question[] };
}

/** An entry of the feed. */
export interface Announcement {
  key: string;
  release: number;
  read: boolean;
  /** YYYY-MM-DD */
  published_on: string;
  /** Does it count on the badge while it is unread? */
  badge: boolean;
  content: Content;
}

/** What a reaction has to say about itself. */
export interface Detail {
  days?: 1 | 7;
  action?: Action;
  url?: string;
  /** Of a tour or a checklist: the step or item. */
  step?: string;
  answers?: Answers;
  /** The click behind it. */
  event?: { preventDefault(): void };
}

export interface Reply {
  /** HTTP status; 0 when no answer came. */
  status: number;
  /** Milliseconds, when the server sent an integer Retry-After. */
  retryAfter: number | null;
  etag: string | null;
  body: unknown;
}

export interface PostOptions {
  /** Send the key in the Authorization header as JSON; otherwise the body carries it as text/plain. */
  auth?: boolean;
  etag?: string | null;
  keepalive?: boolean;
}

/** Key-value storage that may refuse: reads give null, writes give false. Never throws. */
export interface Store {
  get(name: string): string | null;
  set(name: string, value: string | null): boolean;
  keys(prefix: string): string[];
}

/** Everything the core asks of the browser. Tests hand in a small fake. */
export interface Platform {
  store: Store;
  /** Milliseconds since 1970. */
  now(): number;
  /** 0 ≤ n < 1. */
  random(): number;
  uuid(): string;
  /** Run once after `ms`; the result cancels. */
  later(fn: () => unknown, ms: number): () => void;
  /** Never rejects: a failed request is status 0. */
  post(path: string, body: string, options?: PostOptions): Promise<Reply>;
  beacon(path: string, body: string): boolean;
}
