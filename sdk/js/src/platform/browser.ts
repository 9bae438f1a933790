// The Platform object: what the core may ask of this browser.

import { retryAfter } from '../core/backoff';
import type { Platform } from '../core/types';
import { openStore } from './storage';

const TIMEOUT_MS = 10_000;

function uuid(): string {
  // crypto.randomUUID exists on secure origins only; plain HTTP inside a company network must work too.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 15) | 64;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A fault of ours must not become the host's, neither thrown nor as a rejected promise. */
export function quietly<T>(fn: () => T): T | undefined {
  const say = (error: unknown) => void console.debug('[waypost]', error);
  try {
    const result = fn();
    if (result instanceof Promise) result.catch(say);
    return result;
  } catch (error) {
    say(error);
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function browserPlatform(host: string, key: string): Platform {
  return {
    store: openStore(),
    now: () => Date.now(),
    random: () => Math.random(),
    uuid,
    later(fn, ms) {
      const timer = setTimeout(() => quietly(fn), ms);
      return () => clearTimeout(timer);
    },
    async post(path, body, options = {}) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
      // text/plain without an Authorization header is a simple request: no preflight for events.
      const headers: Record<string, string> = { 'content-type': options.auth ? 'application/json' : 'text/plain' };
      if (options.auth) headers.authorization = `Bearer ${key}`;
      if (options.etag) headers['if-none-match'] = options.etag;
      try {
        const answer = await fetch(host + path, {
          method: 'POST',
          body,
          headers,
          credentials: 'omit',
          cache: 'no-store',
          keepalive: !!options.keepalive,
          signal: abort.signal,
        });
        const header = (name: string) => answer.headers.get(name);
        return {
          status: answer.status,
          retryAfter: retryAfter(header('retry-after')),
          etag: header('etag'),
          body: parse(await answer.text()),
        };
      } catch {
        return { status: 0, retryAfter: null, etag: null, body: null };
      } finally {
        clearTimeout(timer);
      }
    },
    beacon(path, body) {
      try {
        return navigator.sendBeacon(host + path, body);
      } catch {
        return false;
      }
    },
  };
}
