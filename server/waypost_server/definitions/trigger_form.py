"""What starts a play, for whom and how often, as a form: read from the play's keys, written back to those that change.

What the form does not know (a comparison it has no row for …) is kept. A trigger that is no trigger is no form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waypost_server.domain.definitions import ENROL_DAYS
from waypost_server.domain.fact_catalogue import SIGNALS

from .fields import SPAN
from .text_edit import put_key, put_mapping

STARTS = ("signal", "condition", "person")
_ASKED = "severity"  # what a form asks of a signal
_OF_SIGNALS = ("milestone", _ASKED)
_WHOLE = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Often:
    """How often a play may start for the same subject: `times` in `length` `unit`s (m h d w), as they stand in their
    fields; no unit = ever. `is_usual`: nothing is written, so the usual limit holds."""

    times: str = "1"
    length: str = str(ENROL_DAYS)
    unit: str = "d"
    is_usual: bool = False


@dataclass(frozen=True, slots=True)
class TriggerForm:
    """One start. `asked` are comparisons with the signal's severity, as under a fact in a condition."""

    start: str = "signal"
    signal: str = ""
    milestone: str = ""  # "" = any
    asked: Any = None
    condition: Mapping[str, Any] = field(default_factory=dict)
    subject: str = "account"
    often: Often = Often(is_usual=True)


class BadTriggerError(ValueError):
    """The form is not complete; the text says what to write, `place` where: condition, signal, times or length."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def read_trigger(play: Mapping[str, Any]) -> TriggerForm | None:
    """The form of a play as it is written; None when it can only be mended in the text."""
    on = play.get("on")
    if not isinstance(on, Mapping) or not set(on) <= {*STARTS, *_OF_SIGNALS}:
        return None
    named = [name for name in STARTS if on.get(name)]
    often = _read_often(play)
    kinds = {"signal": str, "condition": Mapping, "person": bool}
    if len(named) != 1 or not isinstance(on[named[0]], kinds[named[0]]) or often is None:
        return None
    milestone, subject = on.get("milestone", ""), play.get("subject", "account")
    if not isinstance(milestone, str) or subject not in ("account", "user"):
        return None
    return TriggerForm(
        named[0],
        on["signal"] if named == ["signal"] else "",
        milestone,
        on.get(_ASKED),
        on["condition"] if named == ["condition"] else {},
        subject,
        often,
    )


def _read_often(play: Mapping[str, Any]) -> Often | None:
    if "enrol" not in play:
        days = play.get("every_days")
        if days is None:
            return Often(is_usual="every_days" not in play)
        return Often("1", f"{days:g}") if isinstance(days, int | float) and days is not True else None
    enrol = play["enrol"]
    if enrol == "once":
        return Often("1", "", "")
    if not isinstance(enrol, Mapping) or set(enrol) != {"max", "per"} or "every_days" in play:
        return None
    span = SPAN.fullmatch(str(enrol["per"]))
    return Often(str(enrol["max"]), span[1], span[2]) if span else None


def write_trigger(text: str, play: Mapping[str, Any], form: TriggerForm) -> str | None:
    """The text of `play` with what the form says otherwise; None when only a person can write it there.

    Raises BadTriggerError.
    """
    before = read_trigger(play)
    if before is None or before == form:
        return text if before else None
    on = _on(play["on"], form)
    both_conditions = before.start == form.start == "condition"
    where, value = (("on", "condition"), form.condition) if both_conditions else (("on",), on)
    made = put_mapping(text, where, value)
    subject = None if form.start == "signal" else form.subject
    if made is not None and before.subject != (subject or "account"):
        made = put_key(made, "subject", None if subject == "account" else subject, after="on")
    if made is not None and before.often != form.often:
        made = _put_often(made, play, form.often)
    return made


def _on(before: Mapping[str, Any], form: TriggerForm) -> dict[str, Any]:
    """The value of `on`; what is asked of the same signal beyond the form stays."""
    if form.start == "person":
        return {"person": True}
    if form.start == "condition":
        if not form.condition:
            raise BadTriggerError("condition", "say what becomes true")
        return {"condition": dict(form.condition)}
    if form.signal not in SIGNALS:
        raise BadTriggerError("signal", "choose a signal")
    milestone = form.milestone if form.signal.startswith("milestone_") else ""
    said = {"signal": form.signal, "milestone": milestone or None, _ASKED: form.asked}
    kept = before if before.get("signal") == form.signal else {}
    whole = {**{name: said.get(name, each) for name, each in kept.items()}, **said}
    return {name: each for name, each in whole.items() if each is not None}


def _put_often(text: str, play: Mapping[str, Any], often: Often) -> str | None:
    """`every_days` goes on where it can say it; else `enrol` takes its place."""
    if often.is_usual:
        value: Any = None
    elif not often.unit:
        value = "once"
    else:
        value = {"max": _whole(often.times, "times"), "per": f"{_whole(often.length, 'length')}{often.unit}"}
    if "every_days" in play and value and value != "once" and (often.times, often.unit) == ("1", "d"):
        return put_key(text, "every_days", int(often.length), after="on")
    made = put_key(text, "enrol", value, after="on")
    return put_key(made, "every_days", None, after="on") if made is not None else None


def _whole(text: str, place: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise BadTriggerError(place, "write a whole number from 1 to 9999")
    return int(text)
