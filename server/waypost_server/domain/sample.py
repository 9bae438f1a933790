"""Looking at some instead of all: who is looked at, and how far off the answer may be."""

from __future__ import annotations

import hashlib
import math

Z95 = 1.959964


def place(unit: str) -> bytes:
    """Where a unit stands in the queue to be looked at: as good as random, and the same every time.

    Another hash than that of holdouts, so that a sample holds as many held out as there are.
    """
    return hashlib.blake2b(unit.encode("utf-8", "surrogatepass"), digest_size=8, person=b"sample").digest()


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) when nothing was looked at."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, Z95 * Z95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def scaled(counts: list[int], whole: int) -> list[int]:
    """Counts of a sample blown up to `whole`, each off by less than one, so that they still add up to it."""
    seen, total, before, found = 0, sum(counts), 0, []
    for count in counts:
        seen += count
        upto = round(seen * whole / total) if total else 0
        found.append(upto - before)
        before = upto
    return found
