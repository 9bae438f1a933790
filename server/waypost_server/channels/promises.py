"""What each channel promises; whoever sends, resends or recovers goes by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promises:
    """`knows_repeats`: the other side tells a repeat by its id, so that sending twice does no harm and an unclear
    end may be tried again. `receipt`: what an accepted message means."""

    knows_repeats: bool
    receipt: str


PROMISES: Mapping[str, Promises] = {
    "email": Promises(False, "the mail server has taken it; a bounce may come later"),
    "webhook": Promises(True, "the endpoint answered 2xx"),
    "chat": Promises(False, "the service has posted it"),
}
