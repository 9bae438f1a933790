// Events and batches as JSON, and what a status means. Pure.

import type { Drops } from './public';
import type { Entry } from './buffer';

export const VERSION = '0.1.0';
const LIBRARY = { name: 'waypost-js', version: VERSION };

/** Ids that are almost always a bug in the caller; the server refuses them too. */
const NOT_AN_ID = new Set(['', '0', 'null', 'undefined', 'nan', 'guest', 'anonymous', 'true', 'false', '[object object]']);

/** The id as text, or null when it cannot be one. */
export function cleanId(id: unknown): string | null {
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  const text = String(id).trim();
  return NOT_AN_ID.has(text.toLowerCase()) ? null : text;
}

export type Verdict = 'ok' | 'retry' | 'split' | 'token' | 'drop';

/** 2xx is done; no answer, 408, 429 and 5xx come again; 413 is split; 401 may be an old token; the rest never succeeds. */
export function verdict(status: number): Verdict {
  if (status >= 200 && status < 300) return 'ok';
  if (status === 413) return 'split';
  if (status === 401) return 'token';
  return status < 400 || status >= 500 || status === 408 || status === 429 ? 'retry' : 'drop';
}

/** Body of POST /v1/batch. `token` is empty when the product signs none. */
export function batchBody(key: string, entries: readonly Entry[], token: string, sentAt: number, drops: Drops): string {
  const context = Object.keys(drops).length ? { library: LIBRARY, dropped: drops } : { library: LIBRARY };
  const rest = JSON.stringify({
    sentAt: new Date(sentAt).toISOString(),
    writeKey: key,
    context,
    ...(token && { userToken: token }),
  });
  return `{"batch":[${entries.map((entry) => entry.json).join(',')}],${rest.slice(1)}`;
}
