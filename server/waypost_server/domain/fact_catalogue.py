"""The catalogue of facts: every kind of name a condition or a template may use.

Names are dotted: a family, often a key, and a field, such as `usage.report_export.days_28d`. A field may be open to
any length of time. Anything under `user.` or `account.` that is not listed is a trait, as the product reported it
(`account.plan`, `user.department`): any name, any type, possibly missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FactType = Literal["text", "number", "boolean", "any"]
FactScope = Literal["user", "account", "membership", "page", "either"]

SIGNALS = ("milestone_reached", "milestone_overdue", "usage_decay")
LONGEST = {"d": 365, "w": 52}  # days, weeks
_WINDOWED = re.compile(r"(.+)_([1-9][0-9]{0,2})([dw])")


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of fact. `pattern` holds `<feature>`, `<role>`, `<milestone>`, `<signal>`, `<nudge>`, `<survey>`,
    `<question>` or `<trait>`,
    and `<N>` for a length of time: 1 to 365 days, 1 to 52 weeks.

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


@dataclass(frozen=True, slots=True)
class Window:
    """A field over a length of time: `days_28d` is the measure `days` over 28 `d`."""

    measure: str
    length: int
    unit: str

    @property
    def pattern(self) -> str:
        """The field with `<N>` for the length."""
        return f"{self.measure}_<N>{self.unit}"


def window(field: str) -> Window | None:
    """The window a field names; None for a field without one, or one out of bounds."""
    found = _WINDOWED.fullmatch(field)
    if found is None or int(found[2]) > LONGEST[found[3]]:
        return None
    return Window(found[1], int(found[2]), found[3])


def _text(pattern: str, meaning: str, example: str, **more: Any) -> Fact:
    return Fact(pattern, "text", "", meaning, example, **{"always": False, **more})


def _count(pattern: str, unit: str, meaning: str, example: str, **more: Any) -> Fact:
    return Fact(pattern, "number", unit, meaning, example, **{"blank": 0, **more})


def _flag(pattern: str, meaning: str, **more: Any) -> Fact:
    return Fact(pattern, "boolean", "", meaning, "true", **{"blank": False, **more})


def _days(pattern: str, meaning: str, example: str, **more: Any) -> Fact:
    return Fact(pattern, "number", "days", meaning, example, **{"always": False, **more})


def _usage(prefix: str, who: str, **more: Any) -> tuple[Fact, ...]:
    """How much somebody uses a feature."""
    return (
        _flag(f"{prefix}.used", f"{who} ever used it", **more),
        _count(f"{prefix}.total", "uses", f"uses by {who}, ever", "14", **more),
        _count(f"{prefix}.count_<N>d", "uses", f"uses by {who} in the last N days", "9", **more),
        _count(f"{prefix}.days_<N>d", "days", f"days with a use by {who}, of the last N", "6", **more),
        _count(
            f"{prefix}.weeks_active_<N>w",
            "weeks",
            f"weeks with a use by {who}: this one and the N-1 before, Monday to Sunday",
            "3",
            **more,
        ),
        _days(f"{prefix}.days_since_last", f"days since the latest use by {who}", "5", **more),
    )


def _people(prefix: str, who: str, **more: Any) -> tuple[Fact, ...]:
    """How many people of an account use a feature."""
    seats = "people in this role" if "<role>" in prefix else "seats (the trait `seats`, else the people seen)"
    return (
        _count(f"{prefix}.users_<N>d", "people", f"{who} who used it in the last N days", "4", **more),
        _count(
            f"{prefix}.share_of_seats_<N>d", "0 to 1", f"the same as a share of the {seats}", "0.4", **more
        ),
    )


def _percent(pattern: str, meaning: str, example: str) -> Fact:
    """A share among peers: weekly, rounded to 5, missing where too few can be compared."""
    return Fact(pattern, "number", "percent", meaning, example, scope="account", always=False)


def _peers(prefix: str) -> tuple[Fact, ...]:
    return (
        _percent(f"{prefix}.active_share", "companies like this one that used it within 28 days", "65"),
        _percent(f"{prefix}.new_share", "companies like this one that first used it last week", "15"),
    )


CATALOGUE: tuple[Fact, ...] = (
    _text("user.id", "the person's id in the product", "u_4711", always=True, blank=""),
    _text("user.role", "the person's role in this account", "admin", scope="membership"),
    _text("user.email", "the e-mail address", "ada@example.com"),
    _text("user.name", "the full name", "Ada Lovelace"),
    _text("user.locale", "the language the product runs in", "de-DE"),
    _text("user.timezone", "the time zone, IANA name", "Europe/Berlin"),
    _count("user.days_since_first_seen", "days", "days since the person's first event", "12"),
    Fact("user.traits.<trait>", "any", "", "any trait of the person", "Finance", always=False),
    Fact("user.<trait>", "any", "", "any trait of the person, in short", "Finance", always=False),
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
    _text("account.adoption", "adopted, partial or not, by the latest score", "partial", scope="account"),
    Fact(
        "account.adoption_score",
        "number",
        "0 to 1",
        "share of the behaviours' weight that is met, by the latest score",
        "0.6",
        scope="account",
        always=False,
    ),
    Fact(
        "account.unmet_behaviours",
        "number",
        "behaviours",
        "behaviours of adoption.yaml that are missing",
        "2",
        scope="account",
        always=False,
    ),
    _text(
        "account.next_step",
        "title of the next best step, by the latest score",
        "Add a trigger",
        scope="account",
    ),
    _count("account.users", "people", "people seen in the account", "8", scope="account"),
    Fact(
        "account.traits.<trait>", "any", "", "any trait of the account", "4000", scope="account", always=False
    ),
    Fact(
        "account.<trait>",
        "any",
        "",
        "any trait of the account, in short",
        "4000",
        scope="account",
        always=False,
    ),
    *_usage("usage.<feature>", "this person", scope="membership"),
    _days("usage.<feature>.days_since_first", "days since the first use", "40", scope="membership"),
    *_usage("account_usage.<feature>", "anybody in the account", scope="account"),
    *_people("account_usage.<feature>", "people", scope="account"),
    *_people("role_usage.<role>.<feature>", "people in this role", scope="account"),
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
    _count(
        "milestone.<milestone>.days_overdue",
        "days",
        "days past the due date; 0 if not overdue",
        "3",
        scope="either",
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
    _text(
        "nudge.<nudge>.variant",
        "the words this person last saw: a variant's key, or `original` for the nudge's own",
        "short",
    ),
    _flag("survey.<survey>.<question>.answered", "this person answered the question"),
    Fact(
        "survey.<survey>.<question>.score",
        "number",
        "",
        "the latest answer on a scale: NPS, CSAT or stars",
        "9",
        always=False,
    ),
    Fact(
        "survey.<survey>.<question>.choice",
        "any",
        "",
        "the key of the option last chosen; the keys where several may be",
        "price",
        always=False,
    ),
    _days("survey.<survey>.<question>.days_since_answered", "days since the latest answer", "12"),
    *_peers("peers.<feature>"),
    _percent("peers.<milestone>.reached_share", "companies like this one that have reached it", "80"),
    _text("page.path", "the path of the page, where a browser told it", "/reports/7", scope="page"),
    _text("page.title", "the title of the page, where a browser told it", "Reports", scope="page"),
    _text("page.locale", "the language of the page, where a browser told it", "de", scope="page"),
    _text(
        "page.viewport",
        "how wide the window is, where a browser told it: narrow (up to 640 pixels), medium (up to 1024) or wide",
        "narrow",
        scope="page",
    ),
)

# The keys between a family and its field.
KEYS: Mapping[str, tuple[str, ...]] = {
    "usage": ("feature",),
    "account_usage": ("feature",),
    "role_usage": ("role", "feature"),
    "milestone": ("milestone",),
    "signal": ("signal",),
    "nudge": ("nudge",),
    "survey": ("survey", "question"),
    "peers": ("feature or milestone",),
}
CLOSED = frozenset({"page"})  # families without keys and without traits
FIELDS: Mapping[str, tuple[str, ...]] = {
    family: tuple(fact.field for fact in CATALOGUE if fact.family == family and fact.field != "<trait>")
    for family in dict.fromkeys(fact.family for fact in CATALOGUE)
}
FAMILIES = tuple(FIELDS)


def markdown_table() -> str:
    """The catalogue as the table in the documentation."""
    rows = ["| fact | type | meaning | about | example | may be missing |", "|---|---|---|---|---|---|"]
    for fact in CATALOGUE:
        unit = f"{fact.type}, {fact.unit}" if fact.unit and fact.unit != fact.type else fact.type
        missing = "" if fact.always else "yes"
        about = "user or account" if fact.scope == "either" else fact.scope
        rows.append(
            f"| `{fact.pattern}` | {unit} | {fact.meaning} | {about} | `{fact.example}` | {missing} |"
        )
    return "\n".join(rows) + "\n"
