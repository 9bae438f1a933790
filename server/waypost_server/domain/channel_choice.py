"""Which channel reaches a person: their own word first, then the order of the phase their account is in.

Every channel is taken once at most, and each that is passed over says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

CHANNELS = ("in_app", "email", "chat")
DEFAULT = "default"  # the order of every phase that has none of its own
PREFERRED_TRAIT = "preferred_channel"  # of a user


@dataclass(frozen=True, slots=True)
class Choice:
    """The channel to take now (None = none is left), why it is that one, and those passed over with the reason."""

    channel: str | None
    why: str
    passed: tuple[tuple[str, str], ...] = ()


def order(
    offered: Sequence[str],
    *,
    named: Sequence[str] | None,
    preferred: object,
    phase: str | None,
    by_phase: Mapping[str, Sequence[str]],
) -> tuple[tuple[str, str], ...]:
    """Every offered channel once, with why it stands where it does.

    A step that names its order has it; else the person's own word comes first, then the order of the phase (or the
    default one), then what is left in the order of the step.
    """
    if named is not None:
        return _once(((each, "the step says so") for each in named), offered)
    ranked = [(str(preferred), "they prefer it")] if preferred in CHANNELS else []
    if phase is not None and phase in by_phase:
        ranked += [(each, f"phase {phase}") for each in by_phase[phase]]
    else:
        ranked += [(each, "the usual order") for each in by_phase.get(DEFAULT, ())]
    ranked += [(each, "it is left") for each in offered]
    return _once(ranked, offered)


def choose(
    ranked: Iterable[tuple[str, str]], hindrances: Mapping[str, str], tried: Collection[str] = ()
) -> Choice:
    """The first channel that is possible and was not tried. `hindrances`: channel → why it is not possible."""
    passed = []
    for channel, why in ranked:
        if channel in tried:
            continue
        if channel in hindrances:
            passed.append((channel, hindrances[channel]))
            continue
        return Choice(channel, why, tuple(passed))
    return Choice(None, "", tuple(passed))


def _once(ranked: Iterable[tuple[str, str]], offered: Collection[str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for channel, why in ranked:
        if channel in offered:
            found.setdefault(channel, why)
    return tuple(found.items())
