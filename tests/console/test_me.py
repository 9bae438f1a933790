"""What people choose for themselves, and the calendar behind a secret address."""

from __future__ import annotations

import re

import pytest

from tests.console.conftest import Console
from waypost_server.store.tables import Audit, ConsoleUser


def person(console: Console, role: str = "csm") -> ConsoleUser:
    with console.runtime.db.read() as session:
        return session.get_one(ConsoleUser, ("acme-prod", console.people[role]))


def test_a_person_chooses_zone_and_mail(console: Console) -> None:
    """What is not ticked is not wanted; a zone nobody knows is refused in words."""
    browser = console.logged_in("csm")
    browser.get("/console/me")
    browser.post("/console/me", {"timezone": "America/New_York", "notice": "digest"})
    assert person(console).timezone == "America/New_York"
    assert person(console).notices == {"new": False, "late": False, "digest": True}
    refused = browser.post("/console/me", {"timezone": "Mars/Base"})
    assert refused.status_code == 400 and "Europe/Berlin" in refused.text


def test_a_calendar_is_read_by_its_address_until_it_ends(console: Console) -> None:
    """The feed holds the person's tasks, answers 304 while nothing changed, and ends with the address or the person."""
    browser = console.logged_in("csm")
    browser.get("/console/me")
    page = browser.post("/console/me/calendar", {}).text
    path = re.search(r"/calendar/[\w-]+\.ics", page)[0]
    outside = console.app.test_client()
    feed = outside.get(path)
    assert feed.status_code == 200 and feed.mimetype == "text/calendar"
    assert "Northwind Freight: Usage fell by half" in feed.text.replace("\r\n ", "")
    assert outside.get(path, headers={"If-None-Match": feed.headers["ETag"]}).status_code == 304
    assert path not in browser.get("/console/me").text
    browser.post("/console/tasks/t1/done", {"outcome": "reached", "back": "/console/queue"})
    assert outside.get(path, headers={"If-None-Match": feed.headers["ETag"]}).status_code == 200
    browser.post("/console/me/calendar/revoke", {})
    assert outside.get(path).status_code == 404
    assert outside.get("/calendar/short.ics").status_code == 404
    with console.runtime.db.read() as session:
        said = {row.action for row in session.query(Audit)}
    assert {"calendar.make", "calendar.revoke"} <= said


@pytest.mark.parametrize(
    ("given", "kept", "status"), [("8", 8, 302), ("", None, 302), ("0", 0, 302), ("many", None, 400)]
)
def test_an_approver_sets_how_many_tasks_somebody_gets(
    console: Console, given: str, kept: int | None, status: int
) -> None:
    """A number, or nothing for the usual; a CSM does not set it."""
    browser = console.logged_in("admin")
    browser.get("/console/settings/people")
    path = f"/console/settings/people/{console.people['csm']}/capacity"
    assert browser.post(path, {"capacity": given}).status_code == status
    assert person(console).capacity == kept
    csm = console.logged_in("csm")
    csm.get("/console/settings/people")
    assert csm.post(path, {"capacity": "1"}).status_code == 403
