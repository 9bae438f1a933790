// A visit of the person: it is over after half an hour without a sign of them. On the server it is called a session.
import type { Store } from './types';

const OVER_MS = 30 * 60_000;
/** Nothing interrupts in the first minute, unless the policy says otherwise. */
export const SETTLE_MS = 60_000;

/** When the visit began. Asking is a sign of the person; a clock that was set back begins a new visit. */
export function began(store: Store, name: string, now: number): number {
  const [start, seen] = (store.get(name) ?? '').split(' ').map(Number);
  const since = start! <= seen! && seen! <= now && now - seen! < OVER_MS ? start! : now;
  store.set(name, `${since} ${now}`);
  return since;
}
