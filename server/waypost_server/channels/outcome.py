"""How one try to send something ended. Every channel answers with one of these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has taken it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Surely not taken; worth another try. `after_seconds` when the other side named a time; `too_fast`: it is
    well, and gets more from us at once than it takes."""

    detail: str
    after_seconds: int | None = None
    too_fast: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not taken, and never will be. `gone`: nothing must be sent to this recipient any more. `asked`: the
    other side said so; without it, we did not get as far as asking."""

    detail: str
    gone: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Blocked(Refused):
    """The guarded way out did not make the call: the address is not public, or not one we call. It counts against the
    endpoint, whose address has to be changed."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may or may not have been taken; only a person may decide to send it again."""

    detail: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Another worker holds the delivery now; nothing was sent."""

    detail: str = "another worker took over"


Outcome = Sent | Later | Refused | Unclear | Abandoned
