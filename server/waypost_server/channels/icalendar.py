"""Events as an iCalendar feed (RFC 5545). Every text is escaped and folded, so that none can add a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

FOLD = 75  # octets in a line
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """`revision` grows with every change; `made_at` stays, so the same event is the same text."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    words: str
    url: str
    revision: int
    made_at: datetime


def feed(name: str, events: Iterable[CalendarEvent]) -> str:
    """The whole calendar."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Waypost//Tasks//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for each in events:
        lines += _event(each)
    return "".join(_folded([*lines, "END:VCALENDAR"]))


def _event(event: CalendarEvent) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{_time(event.made_at)}",
        f"SEQUENCE:{event.revision}",
        f"DTSTART:{_time(event.starts_at)}",
        f"DTEND:{_time(event.ends_at)}",
        f"SUMMARY:{_text(event.title)}",
        f"DESCRIPTION:{_text(event.words)}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _time(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """One line of text; control characters other than a new line are dropped."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(each for each in lines if each == "\n" or each.isprintable())
    return kept.translate(_ESCAPES)


def _folded(lines: Iterable[str]) -> Iterator[str]:
    """Long lines go on after a space; never inside a character."""
    for line in lines:
        rest, room = line, FOLD
        while len(rest.encode()) > room:
            cut = len(rest.encode()[:room].decode(errors="ignore"))
            yield rest[:cut] + "\r\n "
            rest, room = rest[cut:], FOLD - 1
        yield rest + "\r\n"
