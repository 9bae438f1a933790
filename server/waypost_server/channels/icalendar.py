"""Events as an iCalendar feed (RFC 5545), and one meeting as an invitation (RFC 5546).

Every text is escaped and folded, so that none can add a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting as one guest has it. A later `revision` of the same `uid` replaces what a calendar holds.

    `organizer` and `guest` are (name, address); the addresses are plain, as in a mail's header.
    """

    uid: str
    revision: int
    method: Literal["REQUEST", "CANCEL"]
    starts_at: datetime
    ends_at: datetime
    title: str
    words: str
    place: str
    url: str
    organizer: tuple[str, str]
    guest: tuple[str, str]
    answer: Literal["NEEDS-ACTION", "ACCEPTED", "DECLINED"]
    made_at: datetime


def meeting(one: Meeting) -> str:
    """The invitation, its update, or that it is off."""
    is_off = one.method == "CANCEL"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Waypost//Workshops//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{one.method}",
        "BEGIN:VEVENT",
        f"UID:{_text(one.uid)}",
        f"DTSTAMP:{_time(one.made_at)}",
        f"SEQUENCE:{one.revision}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        f"DTSTART:{_time(one.starts_at)}",
        f"DTEND:{_time(one.ends_at)}",
        f"SUMMARY:{_text(one.title)}",
        f"DESCRIPTION:{_text(one.words)}",
        f"LOCATION:{_text(one.place)}",
        f"URL:{one.url}",
        f"ORGANIZER{_name(one.organizer[0])}:mailto:{one.organizer[1]}",
        f"ATTENDEE{_name(one.guest[0])};CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={one.answer}"
        f";RSVP={'FALSE' if is_off else 'TRUE'}:mailto:{one.guest[1]}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(lines))


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


def _name(value: str) -> str:
    """A name as a parameter: in quotes, which may hold no quotes and no control characters."""
    kept = "".join(each for each in value if each.isprintable() and each != '"').strip()
    return f';CN="{kept}"' if kept else ""


def _folded(lines: Iterable[str]) -> Iterator[str]:
    """Long lines go on after a space; never inside a character."""
    for line in lines:
        rest, room = line, FOLD
        while len(rest.encode()) > room:
            cut = len(rest.encode()[:room].decode(errors="ignore"))
            yield rest[:cut] + "\r\n "
            rest, room = rest[cut:], FOLD - 1
        yield rest + "\r\n"
