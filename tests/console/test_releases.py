"""Releases in the console: what changed, any two side by side, and the way back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.console.conftest import Console
from tests.console.seed import files
from waypost_server.services.publish import publish
from waypost_server.store.tables import Audit, PlayRun, Release

TIP = "in-app/automation-halfway.yaml"
PLAY = "plays/usage-drop.yaml"
PAGES = "/console/settings/releases"
NEWER = {
    **files(),
    TIP: files()[TIP].replace("Halfway to the first automation", "<b>Halfway</b> there"),
    "environments/staging.yaml": "plays: {usage-drop: {every_days: 60}}\n",
}


@pytest.fixture
def two(console: Console) -> Console:
    """A second release, for staging, and nothing else new."""
    given = {"author": "arif@acme.example", "message": "Shorter", "environment": "staging"}
    assert publish(console.runtime, "acme-prod", NEWER, **given) == 2
    return console


def live(console: Console) -> Release:
    """The newest release."""
    with console.runtime.db.read() as session:
        newest = select(Release).where(Release.workspace_id == "acme-prod").order_by(Release.number.desc())
        found = session.scalars(newest).first()
    assert found is not None
    return found


def test_the_list_names_who_when_why_and_for_what(two: Console) -> None:
    """Number, author, message, environment and which one is live."""
    page = two.logged_in("viewer").get(PAGES).text
    assert (
        "Shorter" in page and "arif@acme.example" in page and "staging" in page and "Since release 1" in page
    )


def test_a_release_says_what_it_changed(two: Console) -> None:
    """Against the one before it, field by field, with the overrides of its environment; hostile text is text."""
    page = two.logged_in("viewer").get(f"{PAGES}/2").text
    assert "3 definitions changed since release 1" in page  # a nudge, a play, and the environment's file
    assert "&lt;b&gt;Halfway&lt;/b&gt; there" in page and "<b>Halfway</b>" not in page
    assert "every_days" in page and "Play usage-drop" in page
    assert "The first release" in two.logged_in("viewer").get(f"{PAGES}/1").text


def test_any_two_are_compared_both_ways(two: Console) -> None:
    """By definition or line by line; the form leads to an address that can be kept."""
    browser = two.logged_in("viewer")
    to = browser.get(f"{PAGES}/compare?first=2&second=1")
    assert to.status_code == 302 and to.headers["Location"].endswith("/releases/2/to/1")
    assert "3 definitions changed" in browser.get(f"{PAGES}/2/to/1").text
    lines = browser.get(f"{PAGES}/1/to/2?by=line").text
    assert "environments/staging.yaml" in lines and 'class="added"' in lines and 'class="removed"' in lines
    assert "Not a line differs" in browser.get(f"{PAGES}/2/to/2?by=line").text
    for missing in (
        "/compare?first=1&second=x",
        "/1/to/9",
        "/9/to/1",
        "/9",
        f"/1/to/{2**31}",
        "/2/roll-back",
    ):
        assert browser.get(PAGES + missing).status_code in (403, 404)


def test_rolling_back_shows_what_it_changes_and_is_written_down(two: Console) -> None:
    """The page names definitions and runs; the deed makes a new release with the old files and the reason."""
    with two.runtime.db.write() as session:
        session.get_one(PlayRun, ("acme-prod", "r1")).play = "usage-drop"
    browser = two.logged_in("author")
    page = browser.get(f"{PAGES}/1/roll-back").text
    assert "Its files become release 3" in page and "every_days" in page
    assert "on with the release they began with" in page
    answer = browser.post(f"{PAGES}/1/roll-back", {"base": "2", "message": "Too short"})
    assert answer.headers["Location"].endswith("/releases/3")
    assert (live(two).message, live(two).files, live(two).environment) == ("Too short", files(), "")
    with two.runtime.db.read() as session:
        entry = session.scalars(
            select(Audit).where(Audit.action == "release.publish", Audit.object == "3")
        ).one()
    assert entry.actor == "arif@acme.example"
    assert "No definition differs" in browser.get(f"{PAGES}/1/to/3").text


def test_rolling_back_what_moved_on_is_refused(two: Console) -> None:
    """Somebody else published since the page was shown: nothing happens, and the page says so."""
    browser = two.logged_in("author")
    browser.get(f"{PAGES}/1/roll-back")
    publish(two.runtime, "acme-prod", {**NEWER, PLAY: files()[PLAY] + "# later\n"}, author="jo")
    answer = browser.post(f"{PAGES}/1/roll-back", {"base": "2"})
    assert answer.status_code == 409 and "release 3 is live" in answer.text
    assert live(two).number == 3
    assert browser.post(f"{PAGES}/1/roll-back", {"base": "x"}).status_code == 400


def test_who_may_roll_back(two: Console) -> None:
    """A viewer sees releases and cannot change them."""
    browser = two.logged_in("viewer")
    assert "Roll back" not in browser.get(f"{PAGES}/1").text
    assert browser.get(f"{PAGES}/1/roll-back").status_code == 403
    assert browser.post(f"{PAGES}/1/roll-back", {"base": "2"}).status_code == 403


def test_automated_steps_to_strategic_accounts_need_an_approver(two: Console) -> None:
    """The page names the accounts; an author cannot publish it, and an approver only with a tick."""
    play = files()[PLAY].replace(
        "strategic:", "strategic:\n  - email: {template: usage-drop-tips, to: {role: admin}}"
    )
    risky = {**files(), PLAY: play}
    runtime = two.runtime
    assert publish(runtime, "acme-prod", risky, author="jo", environment="", change_environment=True) == 3
    publish(runtime, "acme-prod", files(), author="jo")
    author = two.logged_in("author")
    page = author.get(f"{PAGES}/3/roll-back").text
    assert "would newly reach" in page and "needs somebody with the role approver" in page
    address, form = f"{PAGES}/3/roll-back", {"base": "4"}
    assert author.post(address, {**form, "accept": "yes"}).status_code == 403
    admin = two.logged_in("admin")
    assert 'name="accept"' in admin.get(address).text
    unasked = admin.post(address, form)
    assert unasked.status_code == 409 and "Not published: read below" in unasked.text
    assert admin.post(address, {**form, "accept": "yes"}).status_code == 302


def test_the_audience_in_numbers_is_a_page_and_a_part(two: Console) -> None:
    """Each comparison with the share of users who pass; the nudge's page asks for it only when wanted."""
    browser = two.logged_in("viewer")
    assert 'data-load="audience"' in browser.get("/console/nudges/automation-halfway").text
    part = browser.get("/console/nudges/automation-halfway/audience").text
    assert 'id="audience"' in part and "Users who pass" in part
    assert browser.get("/console/nudges/nothing/audience").status_code == 404
