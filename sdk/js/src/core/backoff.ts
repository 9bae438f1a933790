// How long to wait before the next attempt.

/**
 * Full jitter: anywhere between 0 and the doubling ceiling, in milliseconds.
 * `attempt` counts failures so far, from 1; `random` is 0 ≤ n < 1.
 */
export function backoff(attempt: number, random: number, base = 1000, cap = 60_000): number {
  return Math.round(random * Math.min(cap, base * 2 ** Math.min(attempt, 30)));
}

/** Milliseconds of an integer Retry-After header, at most 300 s; null when absent or not an integer. */
export function retryAfter(header: string | null): number | null {
  return header !== null && /^\s*\d+\s*$/.test(header) ? Math.min(Number(header), 300) * 1000 : null;
}
