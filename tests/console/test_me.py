"""What people choose for themselves, and the calendar behind a secret address."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.console.conftest import ORIGIN, Console
from tests.console.seed import PASSWORD
from waypost_server.services.console_login import make_login_link
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


def test_a_person_says_until_when_they_are_away(console: Console) -> None:
    """Their first day back is kept, shown until it comes, and taken back by an empty field; no day is refused."""
    browser = console.logged_in("csm")
    browser.get("/console/me")
    back = console.runtime.clock().date() + timedelta(days=10)
    assert browser.post("/console/me/away", {"away_until": back.isoformat()}).status_code == 302
    assert person(console).away_until == back
    assert f'value="{back.isoformat()}"' in browser.get("/console/me").text
    refused = browser.post("/console/me/away", {"away_until": "soon"})
    assert refused.status_code == 400 and "Choose a day" in refused.text
    past = console.runtime.clock().date() - timedelta(days=10)
    browser.post("/console/me/away", {"away_until": past.isoformat()})
    assert past.isoformat() not in browser.get("/console/me").text
    browser.post("/console/me/away", {"away_until": ""})
    assert person(console).away_until is None


def test_an_approver_says_until_when_somebody_is_away(console: Console) -> None:
    """The team's week, the team's queue and the task say so beside the name; a CSM sets only their own."""
    browser = console.logged_in("admin")
    browser.get("/console/settings/people")
    back = console.runtime.clock().date() + timedelta(days=10)
    path = f"/console/settings/people/{console.people['csm']}/away"
    assert browser.post(path, {"away_until": back.isoformat()}).status_code == 302
    assert person(console).away_until == back
    words = f"away until {back:%b} {back.day}"
    for page in ("/console/", "/console/queue?scope=team", "/console/tasks/t1"):
        assert words in browser.get(page).text, page
    assert f'value="{back.isoformat()}"' in browser.get("/console/settings/people").text
    with console.runtime.db.read() as session:
        assert "console_user.away" in {row.action for row in session.query(Audit)}
    csm = console.logged_in("csm")
    csm.get("/console/settings/people")
    assert csm.post(path, {"away_until": ""}).status_code == 403


def test_a_new_password_ends_every_other_session(console: Console) -> None:
    """The present one is asked for; afterwards the old one is worth nothing, nor are sessions and links made before."""
    here, elsewhere = console.logged_in("admin"), console.logged_in("admin")
    waiting = make_login_link(console.runtime, "acme-prod", console.people["admin"]).removeprefix(ORIGIN)
    here.get("/console/me")
    wrong = here.post("/console/me/password", {"current": "a guess", "new": "another one of mine"})
    assert wrong.status_code == 401 and "not your present password" in wrong.text
    short = here.post("/console/me/password", {"current": PASSWORD, "new": "short"})
    assert short.status_code == 400 and "at least 12 characters" in short.text
    assert elsewhere.get("/console/me").status_code == 200
    here.get("/console/me")
    good = here.post("/console/me/password", {"current": PASSWORD, "new": "another one of mine"})
    assert good.status_code == 302
    assert "logged out everywhere else" in here.get("/console/me").text
    assert elsewhere.get("/console/me").status_code == 302
    assert console.browser().get(waiting).status_code == 410
    elsewhere.get("/console/login")
    form = {"email": "marta@acme.example", "password": PASSWORD}
    assert elsewhere.post("/console/login", form).status_code == 401
    assert elsewhere.post("/console/login", {**form, "password": "another one of mine"}).status_code == 302


def test_who_logs_in_by_link_may_set_a_password(console: Console) -> None:
    """There is no present one to ask for."""
    browser, email = console.logged_in("csm"), person(console).email
    with console.runtime.db.write() as session:
        session.get_one(ConsoleUser, ("acme-prod", console.people["csm"])).password_hash = None
    assert "Present password" not in browser.get("/console/me").text
    assert browser.post("/console/me/password", {"new": "a password of mine"}).status_code == 302
    assert "Present password" in browser.get("/console/me").text
    other = console.browser()
    other.get("/console/login")
    assert other.post("/console/login", {"email": email, "password": "a password of mine"}).status_code == 302


def test_log_out_everywhere(console: Console) -> None:
    """One's own sessions end, this one too, and the links that wait; nobody else's."""
    here, elsewhere, other = (console.logged_in(role) for role in ("csm", "csm", "admin"))
    waiting = make_login_link(console.runtime, "acme-prod", console.people["csm"]).removeprefix(ORIGIN)
    here.get("/console/me")
    assert here.post("/console/me/log-out").headers["Location"] == "/console/login"
    assert [each.get("/console/me").status_code for each in (here, elsewhere, other)] == [302, 302, 200]
    assert console.browser().get(waiting).status_code == 410
