// Listeners of ours on the host's page: none of their faults reaches it, and all of them can be taken back.

import { quietly } from './browser';

type Listen = (target: EventTarget, name: string, fn: (event: Event) => void) => void;

/** Adds listeners, and what removes each to `undo`. */
export function listening(undo: (() => void)[]): Listen {
  return (target, name, fn) => {
    const listener = (event: Event) => quietly(() => fn(event));
    target.addEventListener(name, listener);
    undo.push(() => target.removeEventListener(name, listener));
  };
}
