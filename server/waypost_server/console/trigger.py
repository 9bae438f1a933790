"""What starts a play as fields of the editor's page, made of the text and put back into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from werkzeug.datastructures import MultiDict

from waypost_server.console import condition_rows, evidence
from waypost_server.console.builder import ONLY_TEXT, STAYS
from waypost_server.console.condition_rows import Field, Rows
from waypost_server.definitions.condition_form import Row
from waypost_server.definitions.strict_yaml import YamlProblemError, read
from waypost_server.definitions.trigger_form import (
    BadTriggerError,
    Often,
    TriggerForm,
    read_trigger,
    write_trigger,
)
from waypost_server.domain.definitions import ENROL_DAYS, Definitions
from waypost_server.domain.fact_catalogue import SIGNALS

PREFIX = "t"
UNITS = {"d": "days", "w": "weeks", "h": "hours", "m": "minutes"}
OFTEN = {
    "usual": f"At most once in {ENROL_DAYS} days, as usual",
    "limit": "At most a number of times",
    "once": "Once, ever",
}
_KEYS = ("on", "subject", "enrol", "every_days")


@dataclass(frozen=True, slots=True)
class Trigger:
    """The fields; no `form` where the text says no single start.

    `rows` are what is asked of the signal, or what becomes true; None where rows cannot hold it. `place` is the field
    that a problem is about.
    """

    made: str
    form: TriggerForm | None
    rows: Rows | None = None
    problem: str = ""
    place: str = ""

    @property
    def start(self) -> str:
        """The chosen start, as `starts` has it."""
        form = self.form
        return "" if form is None else f"signal:{form.signal}" if form.start == "signal" else form.start

    @property
    def starts(self) -> dict[str, str]:
        """What may be chosen; a signal of the text that does not exist is there too, so that it stays."""
        kinds = {f"signal:{each}": evidence.TITLES[each] for each in SIGNALS}
        if self.start.startswith("signal:"):
            kinds.setdefault(self.start, self.start.partition(":")[2])
        return {**kinds, "condition": "A condition becomes true", "person": "A person says so"}

    @property
    def often(self) -> str:
        """The chosen limit, as `OFTEN` has it."""
        often = self.form.often if self.form else Often(is_usual=True)
        return "usual" if often.is_usual else "limit" if often.unit else "once"

    @property
    def asks(self) -> bool:
        """Whether a severity can be asked for: that a milestone was reached is never more or less severe."""
        return self.start.startswith("signal:") and (
            self.start != "signal:milestone_reached" or self.rows is None or bool(self.rows.fields)
        )


def from_text(file: str, text: str) -> Trigger | None:
    """The fields of a play; None for another file, and for a text that cannot be read."""
    data = _play(file, text)
    if data is None:
        return None
    form = read_trigger(data)
    return Trigger(_made(data), form, _rows(form) if form else None)


def _play(file: str, text: str) -> Mapping[str, Any] | None:
    if PurePosixPath(file).parts[0] != "plays":
        return None
    try:
        data = read(file, text).data
    except YamlProblemError:
        return None
    return data if isinstance(data, Mapping) and not text.startswith("\ufeff") else None


def _made(data: Mapping[str, Any]) -> str:
    return json.dumps({key: data[key] for key in _KEYS if key in data}, sort_keys=True, default=str)


def _rows(form: TriggerForm) -> Rows | None:
    if form.start == "condition":
        return condition_rows.from_condition(PREFIX, form.condition)
    return condition_rows.from_condition(
        PREFIX, {} if form.asked is None else {_severity(form.signal): form.asked}
    )


def _severity(signal: str) -> str:
    """The fact that a play asks of a signal."""
    return f"signal.{signal}.severity"


def from_form(file: str, text: str, given: MultiDict[str, str], definitions: Definitions) -> Trigger | None:
    """The fields as they stand on the page; where somebody wrote another start in the text, the text counts."""
    stored = from_text(file, text)
    if stored is None or stored.form is None or given.get("t-made") != stored.made:
        return stored
    before, chosen = stored.form, given.get("t-start", "")
    start, _, signal = chosen.partition(":")
    form = replace(
        before,
        start=start if start in ("condition", "person") else "signal",
        signal=signal,
        milestone=given.get("t-milestone", "").strip() if signal.startswith("milestone_") else "",
        subject=given.get("t-subject", before.subject),
        often=_often(before.often, given),
    )
    is_same = chosen == stored.start
    if not is_same:
        form = replace(form, asked=None, condition={})
    if given.get("t-was") != chosen:  # the rows on the page are of another start
        rows = stored.rows if is_same else _first_rows(form)
    elif is_same and stored.rows is None:
        rows = None
    else:
        rows = _of_signal(condition_rows.from_page(PREFIX, given, definitions), form)
    return replace(stored, form=form, rows=rows)


def _first_rows(form: TriggerForm) -> Rows:
    return Rows(PREFIX, fields=(Field(Row("", "=")),) if form.start == "condition" else ())


def _of_signal(rows: Rows, form: TriggerForm) -> Rows:
    """The rows of a signal: a new one asks for its severity."""
    if form.start != "signal":
        return rows
    new = Field(Row(_severity(form.signal), "$gte"), problem="Write a value")
    return replace(rows, joint="all", fields=tuple(each if each.row.path else new for each in rows.fields))


def _often(before: Often, given: MultiDict[str, str]) -> Often:
    chosen = given.get("t-often")
    if chosen == "usual":
        return Often(is_usual=True)
    if chosen == "once":
        return Often("1", "", "")
    usual = before if before.unit else Often()
    unit = given.get("t-unit", usual.unit)
    return Often(
        given.get("t-times", usual.times).strip(),
        given.get("t-length", usual.length).strip(),
        unit if unit in UNITS else usual.unit,
    )


def put(trigger: Trigger | None, file: str, text: str) -> tuple[Trigger | None, str]:
    """The fields in the text. What is not complete leaves the text alone."""
    data = _play(file, text)
    if trigger is None or trigger.form is None or data is None:
        return trigger, text
    if trigger.rows is not None and trigger.rows.has_problem:
        return replace(trigger, problem=STAYS), text
    try:
        form = _with_rows(trigger.form, trigger.rows)
        made = write_trigger(text, data, form)
    except BadTriggerError as error:
        return replace(trigger, problem=f"The text stays as it is: {error}.", place=error.place), text
    if made is None:
        return replace(trigger, problem=ONLY_TEXT), text
    return replace(trigger, form=form, made=_made(_play(file, made) or data)), made


def _with_rows(form: TriggerForm, rows: Rows | None) -> TriggerForm:
    if rows is None or form.start == "person":
        return form
    condition = rows.condition()
    if form.start == "condition":
        return replace(form, condition=condition)
    asked = condition.pop(_severity(form.signal), None)
    if condition:
        raise BadTriggerError("severity", "compare the severity once in each way")
    return replace(form, asked=asked)
