"""Who is in a holdout, and who gets which variant: decided by a hash, so it is the same in every process and for ever.

`tests/vectors/assignment.json` pins the numbers; changing them would reshuffle running experiments.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from .nudge import Nudge

_SPAN = 2**64


@lru_cache(maxsize=32_768)  # the answer never changes, and everybody in an account asks for the same
def share(salt: str, unit: str) -> float:
    """A number in [0, 1) for a unit (an account, or a user without one), even over units and per salt.

    It is the first eight bytes of SHA-256 over `salt`, a zero byte and `unit`, read big-endian.
    """
    digest = hashlib.sha256(f"{salt}\0{unit}".encode("utf-8", "surrogatepass")).digest()
    return min(int.from_bytes(digest[:8], "big") / _SPAN, 1 - 2**-53)


def held_out(nudge: str, unit: str, percent: float) -> bool:
    """Whether `unit` is left untouched on purpose for this nudge."""
    return percent > 0 and share(f"holdout:{nudge}", unit) * 100 < percent


def standing_share(unit: str) -> float:
    """Where a unit stands in the standing holdout; the salt can be no nudge's, whose keys have no star."""
    return share("holdout:*", unit)


def held_out_of_all(unit: str, percent: float) -> bool:
    """Whether `unit` is left untouched by everything digital."""
    return percent > 0 and standing_share(unit) * 100 < percent


def variant_of(nudge: Nudge, user: str) -> str:
    """The key of the variant a user gets for good; "" = the nudge's own words."""
    place, below = share(f"variant:{nudge.key}", user) * 100, 0.0
    for variant in nudge.variants:
        below += variant.percent
        if place < below:
            return variant.key
    return ""
