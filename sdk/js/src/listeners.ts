// The host's own code that wants to hear: its errors are its own, and never stop ours.

import type { Events } from './core/public';

type Listener = (value: never) => void;

/** Who listens, by what they want to hear. */
export type Listeners = Map<string, Set<Listener>>;

/** Listen; the result stops listening. */
export function listen<K extends keyof Events>(
  listeners: Listeners,
  name: K,
  listener: (value: Events[K]) => void,
): () => void {
  const all = listeners.get(name) ?? new Set();
  listeners.set(name, all.add(listener));
  return () => void all.delete(listener);
}

export function tell<K extends keyof Events>(listeners: Listeners, name: K, value: Events[K]): void {
  for (const listener of listeners.get(name) ?? []) call(listener as (value: Events[K]) => void, value);
}

export function call<T>(fn: ((value: T) => void) | undefined, value: T): void {
  try {
    fn?.(value);
  } catch (error) {
    console.error(error);
  }
}
