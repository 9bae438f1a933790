// The public names; nothing else. Not one of them throws.

import { Client } from './client';
import type { Events, Options, Properties } from './core/public';
import { VERSION } from './core/wire';
import { quietly } from './platform/browser';

export type * from './core/public';

/** Version of this package. */
export const version: string = VERSION;

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

/** Say whether the person wants to hear through `in_app`, `email`, `chat` or `all`; `topic` narrows it down. */
export function consent(channel: 'in_app' | 'email' | 'chat' | 'all', allowed: boolean, topic?: string): void {
  quietly(() => client?.consent(channel, allowed, topic));
}

/** Open the feed of announcements, or close it. Elements marked `data-waypost-feed` do so by themselves. */
export function feed(): void {
  quietly(() => client?.feed());
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
