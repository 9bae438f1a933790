import type { Store } from '../core/types';

/** Loading time zone data costs the page 10 ms and more, so the answer is kept for as long as the offset is the same. */
export function timezone(store: Store, name: string): string {
  const offset = `${new Date().getTimezoneOffset()} `;
  const known = store.get(name);
  if (known?.startsWith(offset)) return known.slice(offset.length);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  store.set(name, offset + zone);
  return zone;
}
