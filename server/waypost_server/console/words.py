"""How numbers, times and codes read on a page. Times are shown in the workspace's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, g
from markupsafe import Markup, escape

from waypost_server.console.access import login, runtime
from waypost_server.domain.absence import away_words
from waypost_server.domain.local_day import spoken, zone_of

OUTCOMES = {  # how a run ended
    "goal_reached": "Goal reached",
    "completed": "All steps done",
    "exited": "Ended by the exit",
    "ended_early": "Ended early",
    "motion_changed": "Motion changed",
    "cancelled": "Stopped",
    "failed": "Failed",
}


def install(blueprint: Blueprint) -> None:
    """Make the filters known to the templates."""
    for name, function in FILTERS.items():
        blueprint.add_app_template_filter(function, name)
    blueprint.add_app_template_global(today, "today")


def zone() -> ZoneInfo:
    """The workspace's zone; UTC when it is not known on this machine."""
    login = getattr(g, "login", None)
    try:
        return ZoneInfo(login.timezone if login else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def now() -> datetime:
    """The time of this request, in the workspace's zone."""
    return runtime().clock().astimezone(zone())


def today() -> date:
    """The day of this request, in the workspace's zone."""
    return now().date()


def humanise(value: str | None) -> str:
    """`usage_decay` → "usage decay"."""
    return (value or "").replace("_", " ").replace("-", " ").strip()


def sentence(value: str | None) -> str:
    """`usage_decay` → "Usage decay"."""
    text = humanise(value)
    if text in ("csm", "api"):
        return text.upper()
    return text[:1].upper() + text[1:]


def role_title(key: str | None) -> str:
    """A role that people have in the product, as the catalogue calls it."""
    release = runtime().releases.glance(runtime().db, login().workspace_id).release
    roles = release.definitions.catalog.roles if release else ()
    return next((role.title for role in roles if role.key == key), sentence(key))


def number(value: float | None, digits: int = 0) -> str:
    """5204 → "5,204"."""
    if value is None:
        return "–"
    return f"{value:,.{digits}f}"


def money(value: float | None) -> str:
    """186000 → "$186k"; nothing known is a dash."""
    if not value:
        return "–"
    if value >= 999_500:
        return f"${value / 1_000_000:.1f}m"
    return f"${value / 1000:.0f}k" if value >= 1000 else f"${value:.0f}"


def plural(count: float, one: str, many: str | None = None) -> str:
    """3, "task" → "3 tasks"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def day(value: date | datetime | None) -> str:
    """ "Oct 26", with the year when it is another one."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return spoken(value, today())


def stamp(value: datetime | None) -> str:
    """The full time: "Oct 26, 2026, 09:12 CET"."""
    if value is None:
        return ""
    local = value.astimezone(zone())
    return f"{local:%b} {local.day}, {local.year}, {local:%H:%M %Z}"


def clock_in(value: datetime, timezone: str) -> str:
    """The same time in another zone, with its day when that is another one: "10:12 in Europe/Berlin"."""
    there, here = value.astimezone(zone_of(timezone)), value.astimezone(zone())
    on = "" if there.date() == here.date() else f"{there:%b} {there.day}, "
    return f"{on}{there:%H:%M} in {timezone}"


def away(back_on: date | None, timezone: str | None) -> str:
    """ "away until Dec 7" of a person, by their own zone (None: the workspace's); '' when they are here."""
    return away_words(back_on, runtime().clock(), zone_of(timezone, zone()) if timezone else zone())


def ago(value: date | datetime | None) -> str:
    """ "12 min ago", "21 d ago"; a day alone counts whole days."""
    if value is None:
        return "never"
    if not isinstance(value, datetime):
        days = (today() - value).days
        return "today" if days <= 0 else f"{days} d ago"
    seconds = (runtime().clock() - value).total_seconds()
    if seconds < 0:
        return until(value)
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86400)} d ago"


def until(value: datetime) -> str:
    """ "in 3 h", "in 2 d"."""
    seconds = (value - runtime().clock()).total_seconds()
    if seconds < 3600:
        return f"in {max(1, int(seconds // 60))} min"
    return f"in {int(seconds // 3600)} h" if seconds < 86400 else f"in {int(seconds // 86400)} d"


def when(value: datetime | None, style: str = "ago") -> Markup:
    """A `<time>` with the full time on hover."""
    if value is None:
        return Markup("never" if style == "ago" else "–")
    shown = STYLES[style](value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), stamp(value), shown
    )


def clock_or_day(value: datetime) -> str:
    """ "Today 09:12", or the day."""
    local = value.astimezone(zone())
    return f"Today {local:%H:%M}" if local.date() == today() else day(value)


def moment(value: datetime) -> str:
    """ "Today 09:12", "Nov 19, 09:12": for stories, where the order within a day matters."""
    local = value.astimezone(zone())
    return f"{'Today' if local.date() == today() else f'{day(value)},'} {local:%H:%M}"


STYLES = {"ago": ago, "clock": clock_or_day, "day": day, "moment": moment}


def due(value: datetime) -> str:
    """ "Overdue 1 d", "Due today", "Due Tue", "Due Dec 4"."""
    days = (value.astimezone(zone()).date() - today()).days
    if value < runtime().clock():
        return f"Overdue {-days} d" if days < 0 else "Overdue"
    if days == 0:
        return "Due today"
    return f"Due {value.astimezone(zone()):%a}" if days < 7 else f"Due {day(value)}"


def due_tone(value: datetime) -> str:
    """How a due time is coloured."""
    if value < runtime().clock():
        return "problem"
    return "attention" if value.astimezone(zone()).date() == today() else "plain"


def next_monday() -> date:
    """The Monday after today."""
    return today() + timedelta(days=7 - today().weekday())


def percent(value: float | None) -> str:
    """0.97 → "97 %"; never rounded up to certainty."""
    if value is None:
        return "–"
    whole = round(value * 100)
    return f"{min(whole, 99) if value < 1 else 100} %"


def outcome(value: str | None) -> str:
    """`goal_reached` → "Goal reached"."""
    return OUTCOMES.get(value or "") or sentence(value)


def lines(value: str) -> Markup:
    """Plain text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in value.splitlines())


FILTERS: dict[str, Callable[..., Any]] = {
    "humanise": humanise,
    "role_title": role_title,
    "sentence": sentence,
    "number": number,
    "money": money,
    "plural": plural,
    "day": day,
    "stamp": stamp,
    "clock_in": clock_in,
    "away": away,
    "ago": ago,
    "when": when,
    "due": due,
    "due_tone": due_tone,
    "percent": percent,
    "lines": lines,
    "outcome": outcome,
}
