"""Does a nudge belong on this page? The browser decides it (sdk/js/src/core/where.ts); here only to explain it."""

from __future__ import annotations

import re

_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
_MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")
_RESERVED = frozenset(";/?:@&=+$,#")


def path_matches(pattern: str | None, path: str) -> bool:
    """Whether `path` is one of those that `pattern` (`/reports/*`) means; no pattern means every path.

    `*` is any characters of one segment, and the rest of the path when it is the last segment. Query, fragment and
    slashes at the end do not count; case does.
    """
    if not pattern:
        return True
    want = [part for part in pattern.split("/") if part]
    have = [part for part in _decoded(re.split("[?#]", path)[0]).split("/") if part]
    is_open = bool(want) and set(want[-1]) == {"*"}
    if len(have) < len(want) or (len(have) > len(want) and not is_open):
        return False
    return all(_segment_matches(part, have[place]) for place, part in enumerate(want))


def _segment_matches(pattern: str, segment: str) -> bool:
    """Linear: the first fit of each part is as good as any other."""
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == segment
    *middle, tail = rest
    end = len(segment) - len(tail)
    if end < len(head) or not segment.startswith(head) or not segment.endswith(tail):
        return False
    at = len(head)
    for part in middle:
        at = segment.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _decoded(path: str) -> str:
    """As a browser's decodeURI: reserved characters stay escaped; a malformed escape is compared as it stands."""
    if _MALFORMED.search(path):
        return path
    try:
        return _ESCAPES.sub(_characters, path)
    except UnicodeDecodeError:
        return path


def _characters(escapes: re.Match[str]) -> str:
    text = bytes.fromhex(escapes[0].replace("%", "")).decode()
    return "".join(f"%{ord(each):02X}" if each in _RESERVED else each for each in text)
