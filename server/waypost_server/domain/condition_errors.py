"""Why a condition document is refused, and where in it."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from .errors import BadInputError

Where = tuple[str | int, ...]


class ConditionError(BadInputError):
    """A condition document is refused; `where` is the path to the place inside it."""

    code = "condition"

    def __init__(self, message: str, *, code: str, where: Where, remedy: str = "") -> None:
        super().__init__(message, code=code, detail={"pointer": pointer(where)})
        self.where = where
        self.remedy = remedy


def pointer(where: Where) -> str:
    """A place as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in where)


def nearest(name: str, known: Collection[str]) -> str:
    """The remedy for a name that is not known."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}"
    return f"known: {', '.join(sorted(known))}" if known else "none is defined"


def shown(value: Any) -> str:
    """A value in a message, cut short."""
    written = repr(value)
    return written if len(written) <= 40 else written[:37] + "..."
