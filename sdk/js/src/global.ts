// The script build: `window.waypost`. Calls made before it loaded (`window.waypost = []`, then
// `waypost.push(['track', 'x'])`) are made up for.

import * as api from './index';

export * from './index';

declare global {
  interface Window {
    waypost?: unknown;
  }
}

const queued: unknown = window.waypost;
if (Array.isArray(queued)) {
  for (const [name, ...args] of queued as [string, ...unknown[]][]) {
    const fn = (api as unknown as Record<string, unknown>)[name];
    if (typeof fn === 'function') fn(...args);
  }
}
