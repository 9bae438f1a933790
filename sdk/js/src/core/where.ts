// Does a nudge belong on this page? Shared vectors: tests/vectors/where.json

/** `*` inside one segment stands for any characters of it. Linear: no backtracking. */
function segmentMatches(pattern: string, segment: string): boolean {
  const parts = pattern.split('*');
  const head = parts[0] ?? '';
  if (parts.length < 2) return pattern === segment;
  const tail = parts[parts.length - 1] ?? '';
  if (segment.length < head.length + tail.length) return false;
  if (!segment.startsWith(head) || !segment.endsWith(tail)) return false;
  let from = head.length;
  const end = segment.length - tail.length;
  for (const part of parts.slice(1, -1)) {
    const at = segment.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

function segments(path: string): string[] {
  let plain = path.split(/[?#]/)[0] ?? '';
  try {
    plain = decodeURI(plain);
  } catch {
    // A malformed escape is compared as it stands.
  }
  return plain.split('/').filter(Boolean);
}

/**
 * `*` is one segment, and the rest of the path when it is the last: `/a/*` matches `/a/b` and `/a/b/c`, not `/a`.
 * No pattern matches everything. Query, fragment and slashes at the end do not count; case does.
 */
export function pathMatches(pattern: string | undefined, path: string): boolean {
  if (!pattern) return true;
  const want = pattern.split('/').filter(Boolean);
  const have = segments(path);
  const open = /^\*+$/.test(want[want.length - 1] ?? '');
  if (open ? have.length < want.length : have.length !== want.length) return false;
  return want.every((part, i) => segmentMatches(part, have[i] ?? ''));
}

/** Paths a location answers to: its own, and that of a hash router (`#/reports`). */
export function pathsOf(pathname: string, hash: string): string[] {
  const routed = /^#!?(\/.*)/.exec(hash);
  return routed?.[1] ? [pathname, routed[1]] : [pathname];
}
