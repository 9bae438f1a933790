// The public names; nothing else. Not one of them throws.

import { Client, type Events, type Options } from './client';
import type { Properties } from './core/types';
import { quietly } from './platform/browser';

export type { Events, NudgeEvent, Options } from './client';
export type { Properties, Reaction } from './core/types';
export type { Labels } from './ui/labels';
export type { Theme } from './ui/theme';
export { VERSION as version } from './core/wire';

let client: Client | null = null;

/** Start. Called again, it starts over with the new options. Does nothing outside a browser. */
export function init(options: Options): void {
  quietly(() => {
    client?.close();
    client = typeof window === 'undefined' ? null : new Client(options);
  });
}

/** Say who is here. Call it on every page once the person is known; nothing is remembered between pages. */
export function identify(userId: string, traits?: Properties): void {
  quietly(() => client?.identify(userId, traits));
}

/** Say which customer organisation the person works for right now. */
export function group(accountId: string, traits?: Properties): void {
  quietly(() => client?.group(accountId, traits));
}

/** Report that something was done. */
export function track(event: string, properties?: Properties): void {
  quietly(() => client?.track(event, properties));
}

/** Report a page view: path and title, never the query. */
export function page(name?: string): void {
  quietly(() => client?.page(name));
}

/** Forget the person: call it on sign-out. */
export function reset(): void {
  quietly(() => client?.reset());
}

/** Ask for a fresh decision now. */
export function refresh(): void {
  quietly(() => client?.refresh());
}

/** Send what is waiting. Resolves when it is sent, or cannot be sent now. */
export function flush(): Promise<void> {
  return quietly(() => client?.flush()) ?? Promise.resolve();
}

/** Listen; the result stops listening. */
export function on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): () => void {
  return quietly(() => client?.on(name, listener)) ?? (() => undefined);
}
