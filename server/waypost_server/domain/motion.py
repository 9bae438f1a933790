"""How an account is served: by the catalogue's rule, or for a while by a person's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from waypost_server.domain.definitions import Catalog
from waypost_server.domain.play_machine import PERSON_FIRST


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word about an account's motion; over at `until`. Both None: nobody said anything."""

    motion: str | None
    until: datetime | None

    def in_force(self, now: datetime) -> str | None:
        """The motion a person set, while it counts."""
        return self.motion if self.until is not None and now < self.until else None


def motions_of(catalog: Catalog) -> tuple[str, ...]:
    """Every motion an account can have: those with a rule, the default, and strategic."""
    known = dict.fromkeys((*(rule.key for rule in catalog.motions), catalog.default_motion, PERSON_FIRST))
    return tuple(known)
