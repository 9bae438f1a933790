"""The calendar feed: readable by any program, and no text can break out of its line."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.channels.icalendar import CalendarEvent, feed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def event(title: str = "Call Northwind", words: str = "") -> CalendarEvent:
    return CalendarEvent("t1@waypost", NOON, NOON, title, words, "https://w.example/t1", 3, NOON)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_an_event_has_its_times_and_its_revision() -> None:
    """What a program needs to place it and to see that it changed."""
    lines = unfolded(feed("Sam", [event("Call; then, write\\now", "One\nTwo")]))
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTEND:20261125T120000Z" in lines and "SEQUENCE:3" in lines
    assert "SUMMARY:Call\\; then\\, write\\\\now" in lines and "DESCRIPTION:One\\nTwo" in lines


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_adds_a_line_and_no_line_is_too_long(title: str, words: str) -> None:
    """Whatever a customer is called, the feed keeps its shape."""
    text = feed(title, [event(title, words)])
    assert len(unfolded(text)) == len(unfolded(feed("", [event("", "")])))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert feed(title, [event(title, words)]) == text
