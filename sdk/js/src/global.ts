// The script build: `window.waypost`. Calls made before it loaded (`window.waypost = []`, then
// `waypost.push(['track', 'x'])`) are made up for.

import { consent, feed, flush, group, identify, init, on, page, refresh, reset, track, version } from './index';

const api = { consent, feed, flush, group, identify, init, on, page, refresh, reset, track, version };
type Name = Exclude<keyof typeof api, 'version'>;

declare global {
  interface Window {
    waypost?: typeof api | [Name, ...unknown[]][];
  }
}

const queued = window.waypost;
window.waypost = api;
if (Array.isArray(queued)) {
  for (const [name, ...args] of queued) (api[name] as ((...args: unknown[]) => unknown) | undefined)?.(...args);
}
