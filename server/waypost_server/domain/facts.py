"""The catalogue of facts: every name a condition or a template may use.

One catalogue serves the validator, the explanation, the documentation and the store, which loads only what
the names in a release ask for. Names are dotted: a family, often a key, and a field:
`usage.report_export.days_28d`. Anything under `user.` or `account.` that is not listed is a trait, as the
product reported it (`account.plan`, `user.department`): any name, any type, possibly missing.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .definitions import Definitions
from .errors import WaypostError

FactType = Literal["text", "number", "boolean", "any"]
FactScope = Literal["user", "account", "either"]

SIGNALS = ("milestone_reached", "milestone_overdue", "usage_decay")


class UnknownFactError(WaypostError):
    """A name that is no fact; `remedy` names the nearest one."""

    code = "unknown_fact"
    status = 400

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of fact. `pattern` holds `<feature>`, `<milestone>`, `<signal>`, `<nudge>` or `<trait>`.

    `always` is False for a fact that may be missing (somebody who never used a feature has no "days since").
    """

    pattern: str
    type: FactType
    unit: str
    meaning: str
    example: str
    scope: FactScope = "user"
    always: bool = True
    blank: Any = None

    @property
    def family(self) -> str:
        """The first word of the name."""
        return self.pattern.split(".", 1)[0]

    @property
    def field(self) -> str:
        """The last word of the name."""
        return self.pattern.rsplit(".", 1)[1]


def _text(pattern: str, meaning: str, example: str, **more: Any) -> Fact:
    return Fact(pattern, "text", "", meaning, example, **{"always": False, **more})


def _count(pattern: str, unit: str, meaning: str, example: str, **more: Any) -> Fact:
    return Fact(pattern, "number", unit, meaning, example, **{"blank": 0, **more})


def _flag(pattern: str, meaning: str, **more: Any) -> Fact:
    return Fact(pattern, "boolean", "", meaning, "true", **{"blank": False, **more})


def _days(pattern: str, meaning: str, example: str, **more: Any) -> Fact:
    return Fact(pattern, "number", "days", meaning, example, **{"always": False, **more})


CATALOGUE: tuple[Fact, ...] = (
    _text("user.id", "the person's id in the product", "u_4711", always=True, blank=""),
    _text("user.role", "the person's role in this account", "admin"),
    _text("user.email", "the e-mail address", "ada@example.com"),
    _text("user.name", "the full name", "Ada Lovelace"),
    _text("user.locale", "the language the product runs in", "de-DE"),
    _text("user.timezone", "the time zone, IANA name", "Europe/Berlin"),
    _count("user.days_since_first_seen", "days", "days since the person's first event", "12"),
    Fact("user.traits.<trait>", "any", "", "any trait of the person", "Finance", always=False),
    Fact("user.<trait>", "any", "", "the same, in short", "Finance", always=False),
    _text("account.id", "the account's id in the product", "acme", scope="account", always=True, blank=""),
    _text("account.name", "the account's name", "Acme Inc.", scope="account"),
    _text("account.segment", "the segment from catalog.yaml", "mid_market", scope="account"),
    _text(
        "account.motion",
        "how the account is served",
        "long_tail",
        scope="account",
        always=True,
        blank="long_tail",
    ),
    _text("account.plan", "the plan, as the product reports it", "growth", scope="account"),
    _text("account.phase", "the phase of the journey", "adoption", scope="account"),
    _text("account.owner", "the person who owns the account", "Jo Park", scope="account"),
    _count(
        "account.days_since_first_seen", "days", "days since the account's first event", "45", scope="account"
    ),
    _days("account.renewal_in_days", "days until the renewal, negative once past", "90", scope="account"),
    _count("account.users", "people", "people seen in the account", "8", scope="account"),
    Fact(
        "account.traits.<trait>", "any", "", "any trait of the account", "4000", scope="account", always=False
    ),
    Fact("account.<trait>", "any", "", "the same, in short", "4000", scope="account", always=False),
    _flag("usage.<feature>.used", "this person ever used it in this account"),
    _count("usage.<feature>.total", "uses", "uses, ever", "14"),
    _count("usage.<feature>.count_7d", "uses", "uses in the last 7 days", "3"),
    _count("usage.<feature>.count_28d", "uses", "uses in the last 28 days", "9"),
    _count("usage.<feature>.days_7d", "days", "days with a use, of the last 7", "2"),
    _count("usage.<feature>.days_28d", "days", "days with a use, of the last 28", "6"),
    _days("usage.<feature>.days_since_first", "days since the first use", "40"),
    _days("usage.<feature>.days_since_last", "days since the latest use", "5"),
    _count(
        "account_usage.<feature>.total",
        "uses",
        "uses by anybody in the account, ever",
        "120",
        scope="account",
    ),
    _count("account_usage.<feature>.count_28d", "uses", "uses by anybody in 28 days", "31", scope="account"),
    _count(
        "account_usage.<feature>.users_28d", "people", "people who used it in 28 days", "4", scope="account"
    ),
    _flag("milestone.<milestone>.reached", "every step is done", scope="either"),
    _count("milestone.<milestone>.progress", "0 to 1", "share of the steps done", "0.5", scope="either"),
    _count("milestone.<milestone>.done", "steps", "steps done", "2", scope="either"),
    _count("milestone.<milestone>.total", "steps", "steps in all", "4", scope="either"),
    _text(
        "milestone.<milestone>.next_step", "title of the first step not done", "Add a trigger", scope="either"
    ),
    _flag("milestone.<milestone>.overdue", "not reached, and the due date is past", scope="either"),
    _count(
        "milestone.<milestone>.days_in", "days", "days since work towards it could start", "9", scope="either"
    ),
    _days("milestone.<milestone>.days_since_reached", "days since it was reached", "3", scope="either"),
    _flag("signal.<signal>.open", "the account has an open signal of this kind", scope="account"),
    _count(
        "signal.<signal>.severity", "0 to 1", "how bad it is; 0 when none is open", "0.7", scope="account"
    ),
    _count(
        "signal.<signal>.days_open", "days", "days since it opened; 0 when none is open", "4", scope="account"
    ),
    _count("nudge.<nudge>.shown", "times", "times this person saw the nudge", "1"),
    _count("nudge.<nudge>.clicked", "times", "times this person used one of its buttons", "1"),
    _count("nudge.<nudge>.completed", "times", "times this person completed it", "0"),
    _count("nudge.<nudge>.dismissed", "times", "times this person closed it", "0"),
    _days("nudge.<nudge>.days_since_shown", "days since this person last saw it", "6"),
)

_KEYED = {
    "usage": "feature",
    "account_usage": "feature",
    "milestone": "milestone",
    "signal": "signal",
    "nudge": "nudge",
}
_BY_NAME = {(fact.family, fact.field): fact for fact in CATALOGUE if fact.field != "<trait>"}
_TRAITS = {fact.pattern: fact for fact in CATALOGUE if fact.field == "<trait>"}
_FIELDS = {
    family: tuple(fact.field for fact in CATALOGUE if fact.family == family and "<" not in fact.field)
    for family in dict.fromkeys(fact.family for fact in CATALOGUE)
}
FAMILIES = tuple(_FIELDS)


def find(path: str) -> Fact | None:
    """The catalogue's entry for a fact's name, whatever its key; None if there is no such kind."""
    parts = path.split(".")
    family = parts[0]
    if not all(parts) or family not in _FIELDS:
        return None
    if family in _KEYED:
        return _BY_NAME.get((family, parts[2])) if len(parts) == 3 else None
    if len(parts) == 2 and parts[1] != "traits":
        return _BY_NAME.get((family, parts[1])) or _TRAITS[f"{family}.<trait>"]
    if len(parts) <= 2:
        return None
    return _TRAITS[f"{family}.traits.<trait>" if parts[1] == "traits" else f"{family}.<trait>"]


def check(path: str, definitions: Definitions) -> UnknownFactError | None:
    """Why `path` is no fact in this set of definitions, with the nearest known name; None if it is one."""
    parts = path.split(".")
    family = parts[0]
    if family not in _FIELDS:
        return UnknownFactError(
            f"{path!r} is no fact", _suggest(family, FAMILIES, lambda name: _swap(parts, 0, name))
        )
    if family not in _KEYED:
        return None if find(path) else UnknownFactError(f"{path!r} is no fact", f"write {family}.<name>")
    if len(parts) != 3 or not all(parts):
        shape = f"{family}.<{_KEYED[family]}>.<field>"
        return UnknownFactError(
            f"{path!r} is no fact", f"write {shape}, with a field of: {', '.join(_FIELDS[family])}"
        )
    known = keys_of(family, definitions)
    if parts[1] not in known:
        message = f"{path!r} names no {_KEYED[family]} ({parts[1]!r})"
        return UnknownFactError(message, _suggest(parts[1], known, lambda name: _swap(parts, 1, name)))
    if parts[2] not in _FIELDS[family]:
        message = f"{path!r} is no fact: {family} has no {parts[2]!r}"
        return UnknownFactError(
            message, _suggest(parts[2], _FIELDS[family], lambda name: _swap(parts, 2, name))
        )
    return None


def keys_of(family: str, definitions: Definitions) -> tuple[str, ...]:
    """The keys a family may take: features, milestones, signals or nudges of these definitions."""
    if family in ("usage", "account_usage"):
        return tuple(feature.key for feature in definitions.catalog.features)
    if family == "milestone":
        return tuple(milestone.key for milestone in definitions.journey.milestones)
    if family == "nudge":
        return tuple(nudge.key for nudge in definitions.nudges)
    return SIGNALS if family == "signal" else ()


def _suggest(name: str, known: Collection[str], write: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {write(close[0])}"
    return f"known: {', '.join(known)}" if known else "none is defined"


def _swap(parts: list[str], index: int, name: str) -> str:
    return ".".join([*parts[:index], name, *parts[index + 1 :]])


@dataclass(frozen=True, slots=True)
class Needs:
    """What the facts of a release ask the store for; everything else stays unread."""

    usage: frozenset[str] = frozenset()  # features: this person's totals and first/last use
    usage_windows: frozenset[str] = frozenset()  # features: this person's daily counts of 28 days
    account_usage: frozenset[str] = frozenset()  # features: the account's totals
    account_windows: frozenset[str] = frozenset()  # features: the account's daily counts of 28 days
    milestones: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    nudges: frozenset[str] = frozenset()
    account_users: bool = False  # the number of people in the account

    def __or__(self, other: Needs) -> Needs:
        """Both together."""
        return Needs(
            self.usage | other.usage,
            self.usage_windows | other.usage_windows,
            self.account_usage | other.account_usage,
            self.account_windows | other.account_windows,
            self.milestones | other.milestones,
            self.signals | other.signals,
            self.nudges | other.nudges,
            self.account_users or other.account_users,
        )


def required(paths: Iterable[str]) -> Needs:
    """What must be loaded to answer for these facts. Unknown names ask for nothing."""
    found: dict[str, set[str]] = {}
    account_users = False
    for path in paths:
        parts = path.split(".")
        if len(parts) == 3 and parts[0] in _KEYED:
            found.setdefault(_table(parts[0], parts[2]), set()).add(parts[1])
        account_users = account_users or path == "account.users"
    return Needs(**{name: frozenset(keys) for name, keys in found.items()}, account_users=account_users)


def _table(family: str, field: str) -> str:
    windowed = field.endswith(("_7d", "_28d"))
    if family == "usage":
        return "usage_windows" if windowed else "usage"
    if family == "account_usage":
        return "account_windows" if windowed else "account_usage"
    return family + "s"


def blank(paths: Iterable[str], definitions: Definitions) -> dict[str, Any]:
    """The facts at `paths` for somebody who has done nothing yet: zeroes and falses; missing where unknown.

    The store lays what it knows over this, so that a condition on a count never meets a missing value.
    """
    document: dict[str, Any] = {}
    milestones = {milestone.key: milestone for milestone in definitions.journey.milestones}
    for path in paths:
        fact = find(path)
        value = None if fact is None else fact.blank
        parts = path.split(".")
        if fact is not None and fact.family == "milestone" and parts[1] in milestones:
            steps = milestones[parts[1]].steps
            value = {"total": len(steps), "next_step": steps[0].title if steps else None}.get(parts[2], value)
        if value is not None:
            put(document, path, value)
    return document


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set the fact at `path` in a nested document, making the steps on the way."""
    *steps, last = path.split(".")
    for step in steps:
        inner = document.get(step)
        if not isinstance(inner, dict):
            inner = document[step] = {}
        document = inner
    document[last] = value


def nest(flat: dict[str, Any]) -> dict[str, Any]:
    """A document with dotted keys at any level, as plain nested documents; later keys win."""
    document: dict[str, Any] = {}
    _lay(document, flat)
    return document


def _lay(document: dict[str, Any], values: dict[str, Any]) -> None:
    for path, value in values.items():
        if isinstance(value, dict):
            inner: dict[str, Any] = {}
            _lay(inner, value)
            for key, each in inner.items():
                put(document, f"{path}.{key}", each)
        else:
            put(document, path, value)


def markdown_table() -> str:
    """The catalogue as the table in the documentation."""
    rows = ["| fact | type | meaning | example | may be missing |", "|---|---|---|---|---|"]
    for fact in CATALOGUE:
        unit = f"{fact.type}, {fact.unit}" if fact.unit and fact.unit != fact.type else fact.type
        missing = "" if fact.always else "yes"
        rows.append(f"| `{fact.pattern}` | {unit} | {fact.meaning} | `{fact.example}` | {missing} |")
    return "\n".join(rows) + "\n"
