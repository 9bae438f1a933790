// Every type that a product may name, in one file: the build makes the declarations of the package from this one and
// index.ts. The comments are what an editor shows.

/**
 * What is attached to an event, a user or an account: anything that JSON can hold. `any` and not `unknown`, so that a
 * value of an interface of the product fits too.
 */
export type Properties = Record<string, any>;

/** What a person did with a nudge, as in the event `$nudge`. */
export type Reaction =
  | 'shown'
  /** A step of a tour is finished, or an item of a checklist was opened. */
  | 'stepped'
  | 'answered'
  | 'clicked'
  | 'completed'
  | 'dismissed'
  | 'snoozed'
  | 'never_again'
  | 'anchor_missing';

/** How many events were lost, by reason. */
export type Drops = Record<string, number>;

/** The look of nudges. What is left out comes from the workspace's policy.yaml, then from Waypost. */
export interface Theme {
  /** Colour of the primary button, progress and focus ring. */
  accent?: string;
  /** Text on the accent; black or white by contrast when left out and the accent is #rrggbb. */
  accentText?: string;
  /** A font-family list; the page's own when left out. */
  font?: string;
  /** A length from 0 to 24px. */
  radius?: string;
  /** `auto` follows the page's background, not the visitor's preference alone. */
  scheme?: 'auto' | 'light' | 'dark';
}

/** The few words of our own around the author's content: names of buttons, and what a screen reader says. */
export interface Labels {
  /** Name of the button with the cross. */
  close: string;
  /** Opens the three choices that follow. */
  later: string;
  /** Not for a day. */
  day: string;
  /** Not for a week. */
  week: string;
  /** Never again. */
  never: string;
  /** Opens the author's reason. */
  why: string;
  /** `{done}` and `{total}` are filled in. */
  progress: string;
  /** Said once by a screen reader when a tooltip or banner appears; `{title}` is filled in. */
  reach: string;
  /** Of a tour: to the next step. */
  next: string;
  /** Of a tour: to the step before. */
  back: string;
  /** Of a tour: on its last step. */
  finish: string;
  /** Of a tour: ends it. */
  skip: string;
  /** Of a checklist: folds it. */
  minimise: string;
  /** Said before an item of a checklist that is done. */
  itemDone: string;
  /** Said before an item of a checklist that is not. */
  itemOpen: string;
  /** Of a checklist, when the author wrote nothing for its end. */
  allDone: string;
  /** Of a survey: sends the answers. */
  send: string;
  /** Beside a question that may be left out. */
  optional: string;
  /** Under a question that has to be answered and is not. */
  needed: string;
  /** Of a survey, when the author wrote nothing for its end. */
  thanks: string;
  /** `{done}` and `{total}` are filled in. */
  stars: string;
  /** Title of the feed. */
  news: string;
  /** `{count}` is filled in. */
  unread: string;
  /** Beside an unread entry of the feed. */
  isNew: string;
  /** In a feed without entries. */
  noNews: string;
}

/** What `init` takes. Only `key` is needed. */
export interface Options {
  /** Public key of the workspace: `wp_pk_…`. */
  key: string;
  /** Where Waypost answers, without a path. The page's own origin when left out. */
  host?: string;
  /** Short-lived signed token for the user named in `identify`. */
  userToken?: string;
  /** Called when a token is needed, and again when the server refuses the last one. */
  getToken?: (userId: string) => string | Promise<string>;
  /** The customer organisation, when it is known already; as in `group`. */
  accountId?: string;
  /** BCP 47; the browser's language when left out. */
  locale?: string;
  /** The look of nudges on this page; stands over what the workspace says. */
  theme?: Theme;
  /** Replace our own few words, for a language other than English and German. */
  labels?: Partial<Labels>;
  /** Called for every reaction. `preventDefault()` on a click keeps the page from navigating. */
  onNudge?: (event: NudgeEvent) => void;
  /** Say in the console what happens and why not. */
  debug?: boolean;
}

/** A reaction, as `onNudge` and `on('nudge')` hear it. */
export interface NudgeEvent {
  /** What the person did. */
  type: Reaction;
  /** Key of the nudge. */
  nudge: string;
  /** The offer, by which `GET /v1/offers` knows it; null when none was granted. */
  offer: string | null;
  /** Label, address and event of the button or link, for `clicked` and `completed`, and for an item of a checklist. */
  action?: { label: string; url?: string; event?: string };
  /** Of `snoozed`: for how long. */
  snoozeDays?: 1 | 7;
  /** Of a tour or a checklist: the step or item. */
  step?: string;
  /** On a click: do not navigate, the product does so itself. */
  preventDefault(): void;
}

/** What `on` can listen to. */
export interface Events {
  /** The keys of the nudges this person may see now, best first. */
  decide: string[];
  /** Every reaction, as `onNudge` hears it. */
  nudge: NudgeEvent;
  /** How many events were lost since the last accepted batch, by reason. */
  drop: Drops;
  /** Waypost could not be asked; the status, or 0. */
  unavailable: number;
}
