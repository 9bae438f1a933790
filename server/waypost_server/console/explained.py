"""An explanation as plain words: gates with their numbers, comparisons with what was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from waypost_server.console.conditions import GROUPS, OPERATORS, Reader, shown
from waypost_server.console.gate_words import told
from waypost_server.console.words import day, humanise, sentence, stamp

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
QUIET = ("failed", "leaves")  # told by the audience beside it
GATES = {
    "paused": "It is not paused",
    "not_started": "Its first day has come",
    "ended": "Its last day is not over",
    "claimed_elsewhere": "It is not open in another tab",
    "grant": "It needs no play, or a play handed it to this account",
    "no_grant": "It needs no play, or a play handed it to this account",
    "audience": "The user is in its audience",
    "goal": "Its goal is not reached yet",
    "goal_reached": "Its goal is not reached yet",
    "never_again": "The user did not ask never to see it again",
    "dismissed_twice": "The user did not dismiss it too often",
    "dismissals": "The user did not dismiss it too often",
    "snoozed": "It is not snoozed",
    "frequency": "It was not shown too often, or too recently",
    "holdout": "The account is not held out to measure effect",
    "budget": "The user and the account have attention left",
    "muted": "No task keeps digital plays quiet",
    "motion": "The account's motion allows it",
    "content": "Its words can be filled in",
    "off_hours": "It is one of its days and hours",
    "standing_holdout": "The account is not held out of everything",
    "prerequisite": "What must come before it has come",
    "path": "It is its turn on its learning path",
    "session_start": "The session's first moments are over",
    "quiet_hours": "Quiet hours do not keep it",
    "consent": "The user has not said no to it",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: passed or not, with its numbers in words."""

    name: str
    passed: bool
    numbers: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of the audience, or a group of them."""

    text: str
    truth: str
    seen: str = ""
    path: str = ""
    children: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One nudge's answer."""

    key: str
    title: str
    rank: int | None
    reason: str
    gates: tuple[Gate, ...]
    audience: tuple[Comparison, ...]
    where: str = ""
    here: bool | None = None  # whether the page asked about is one of `where`


def nudges(answer: Mapping[str, Any], reader: Reader) -> list[Told]:
    """Every nudge of an explanation, in its order."""
    return [
        Told(
            key=each["key"],
            title=each["title"],
            rank=each.get("rank"),
            reason=sentence(each.get("reason", "")),
            gates=tuple(_gate(gate) for gate in each["gates"]),
            audience=_top(each["audience"], reader),
            where=each.get("where", {}).get("path", ""),
            here=each.get("where", {}).get("here"),
        )
        for each in answer["nudges"]
    ]


def _gate(gate: Mapping[str, Any]) -> Gate:
    name = GATES.get(gate["gate"]) or sentence(gate["gate"])
    words = told(gate["gate"], gate["detail"])
    if words is not None:
        return Gate(name, bool(gate["passed"]), words)
    numbers = [
        f"{humanise(key)} {_value(value)}"
        for key, value in gate["detail"].items()
        if key not in QUIET and value is not False and value not in (None, [], {}, "")
    ]
    return Gate(name, bool(gate["passed"]), "; ".join(numbers))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        known = [(key, each) for key, each in value.items() if each is not None]
        return ", ".join(f"{humanise(key)} {_value(each)}" for key, each in known[:12])
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value[:12])
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, str) and TIME.fullmatch(value):
        return stamp(datetime.fromisoformat(value.replace("Z", "+00:00")))
    if isinstance(value, str):
        return day(date.fromisoformat(value)) if DAY.fullmatch(value) else humanise(value)
    return shown(value)


def _top(tree: Mapping[str, Any], reader: Reader) -> tuple[Comparison, ...]:
    if tree.get("operator") == "$and" and "children" in tree and not tree.get("group"):
        return tuple(_comparison(child, reader) for child in tree["children"])
    return (_comparison(tree, reader),)


def _comparison(node: Mapping[str, Any], reader: Reader) -> Comparison:
    truth, operator = str(node["truth"]), str(node["operator"])
    if "children" in node:
        children = tuple(_comparison(child, reader) for child in node["children"])
        if node.get("group"):
            name = str(node["group"])
            return Comparison(
                f"In the group {reader.groups.get(name, humanise(name))}", truth, children=children
            )
        return Comparison(sentence(GROUPS.get(operator, operator)), truth, children=children)
    path = str(node["path"])
    seen = shown(node["seen"], path)
    if "expected" in node:
        seen += f"; {100 * node['expected']:.0f} % of users pass"
    return Comparison(leaf_text(path, operator, node["wanted"], reader), truth, seen, path)


def leaf_text(path: str, operator: str, value: Any, reader: Reader) -> str:
    """One comparison in words."""
    if operator == "$exists":
        return f"{reader.fact(path)} {'is known' if value else 'is not known'}"
    wanted = shown(value, path)
    if operator in ("$inGroup", "$notInGroup"):
        wanted = reader.groups.get(str(value), wanted)
    return f"{reader.fact(path)} {OPERATORS.get(operator, humanise(operator.lstrip('$')))} {wanted}"
