"""A play is started for many accounts from the console: counted first, then begun, followed and stopped."""

from __future__ import annotations

from sqlalchemy import select

from tests.console.conftest import Console
from waypost_server.services.bulk_start import advance_bulk
from waypost_server.services.pause_play import pause_play
from waypost_server.store.tables import BulkStart, PlayRun

PAGE = "/console/plays/automation-workshop/start"


def bulks(console: Console) -> list[BulkStart]:
    with console.runtime.db.read() as session:
        query = select(BulkStart).where(BulkStart.play == "automation-workshop")
        return list(session.scalars(query))


def test_nothing_starts_before_the_count_was_seen(console: Console) -> None:
    """The first press counts, by motion and with reasons; the second starts for those, and the page says how far."""
    browser = console.logged_in("author")
    browser.get(PAGE)
    counted = browser.post(PAGE, {"where": "account.plan: growth"}).text
    assert (
        "It would start for 3 accounts" in counted and "a task for a person" in counted and not bulks(console)
    )
    answer = browser.post(PAGE, {"where": "account.plan: growth", "sure": "yes"})
    at = answer.headers["Location"]
    assert "0 of 10 accounts looked at, 0 runs started" in browser.get(at).text
    advance_bulk(console.runtime, "acme-prod", bulk_id=bulks(console)[0].id)
    assert "Done: 3 runs started" in browser.get(at).text
    with console.runtime.db.read() as session:
        runs = session.scalars(select(PlayRun).where(PlayRun.play == "automation-workshop")).all()
    assert {run.account_id for run in runs} == {"orchard", "cobalt", "fern"}
    again = browser.post(PAGE, {"where": "account.plan: growth"}).text
    assert (
        "It would start for nobody" in again and "as often as it may" in again and 'name="sure"' not in again
    )


def test_a_bad_condition_is_answered_beside_the_field(console: Console) -> None:
    """In words, with the remedy, and the text is kept."""
    browser = console.logged_in("author")
    browser.get(PAGE)
    for text, said in (
        ("acount.plan: x", "acount.plan"),
        ("- a", "facts and values"),
        ("user.role: admin", "no fact of"),
    ):
        answer = browser.post(PAGE, {"where": text, "sure": "yes"})
        assert answer.status_code == 400 and said in answer.text and text in answer.text
    assert not bulks(console) and console.logged_in("viewer").get(PAGE).status_code == 403


def test_it_is_stopped_and_says_when_its_play_is_paused(console: Console) -> None:
    """The page names the reason for the pause; a stopped one cannot be stopped again."""
    browser = console.logged_in("author")
    browser.get(PAGE)
    at = browser.post(PAGE, {"where": "", "sure": "yes"}).headers["Location"]
    pause_play(console.runtime, "acme-prod", "automation-workshop", actor="tests", reason="The host is ill")
    assert "The host is ill" in browser.get(at).text and "The host is ill" in browser.get(PAGE).text
    assert browser.post(f"{at}/stop").status_code == 302
    assert "Stopped after 0 accounts" in browser.get(at).text
    assert browser.post(f"{at}/stop").status_code == 409
