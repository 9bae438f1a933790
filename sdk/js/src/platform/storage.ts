// localStorage that may be blocked, full or corrupt: then memory, for as long as the page lives.

import type { Store } from '../core/types';

export function openStore(): Store {
  const memory = new Map<string, string>();
  let disk: Storage | null = null;
  try {
    disk = window.localStorage;
    disk.setItem('waypost:?', '1');
    disk.removeItem('waypost:?');
  } catch {
    disk = null;
  }
  return {
    get(name) {
      try {
        return memory.get(name) ?? disk?.getItem(name) ?? null;
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        if (value === null) disk?.removeItem(name);
        else if (disk) {
          disk.setItem(name, value);
          memory.delete(name);
          return true;
        }
      } catch {
        // Full, or blocked since: memory takes over for this name.
      }
      if (value === null) memory.delete(name);
      else memory.set(name, value);
      return false;
    },
    keys(prefix) {
      const names = new Set(memory.keys());
      try {
        for (let i = 0; i < (disk?.length ?? 0); i++) names.add(disk?.key(i) ?? '');
      } catch {
        // What memory holds is all there is.
      }
      return [...names].filter((name) => name.startsWith(prefix));
    },
  };
}
