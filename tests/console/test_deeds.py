"""What people do in the console: tasks, keys, people."""

from __future__ import annotations

import dataclasses
import re

import pytest
from sqlalchemy import select

from tests.console.conftest import ORIGIN, Console
from waypost_server.services import known_secret
from waypost_server.store.tables import Audit, ConsoleUser, Key, PlayRun, Task, TaskEvent, Touch

ACCOUNT = "/console/accounts/halden"
BACK = {"back": "/console/queue"}


def task(console: Console, key: str = "t1") -> Task:
    with console.runtime.db.read() as session:
        return session.get_one(Task, ("acme-prod", key))


@pytest.mark.parametrize(
    ("verb", "form", "state", "said"),
    [
        ("acknowledge", {}, "acknowledged", "Acknowledged"),
        ("done", {"outcome": "meeting_booked", "note": "Tuesday"}, "done", "Done."),
        ("snooze", {"until": "1d"}, "snoozed", "Snoozed until Nov 24"),
        ("snooze", {"until": "monday"}, "snoozed", "Snoozed until Nov 30"),
        ("snooze", {"until": "date", "on": "2026-12-24"}, "snoozed", "Snoozed until Dec 24"),
        ("dismiss", {"reason": "known"}, "dismissed", "Dismissed"),
    ],
)
def test_a_task_moves_and_can_be_taken_back(
    console: Console, verb: str, form: dict[str, str], state: str, said: str
) -> None:
    """Each button changes the state, says so on the next page, and Reopen undoes it."""
    browser = console.logged_in("csm")
    browser.get("/console/queue")
    answer = browser.post(f"/console/tasks/t1/{verb}", {**BACK, **form})
    assert answer.status_code == 302 and answer.headers["Location"] == "/console/queue"
    assert task(console).state == state
    assert said in browser.get("/console/queue").text
    browser.post("/console/tasks/t1/reopen", BACK)
    assert task(console).state == "open"
    with console.runtime.db.read() as session:
        kinds = list(session.scalars(select(TaskEvent.kind).where(TaskEvent.task_id == "t1")))
    assert "reopened" in kinds


def test_a_closed_task_cannot_be_closed_twice(console: Console) -> None:
    """The second of two people learns that the task changed meanwhile."""
    browser = console.logged_in("csm")
    browser.get("/console/queue")
    assert browser.post("/console/tasks/t1/done", {**BACK, "outcome": "reached"}).status_code == 302
    assert browser.post("/console/tasks/t1/done", {**BACK, "outcome": "reached"}).status_code == 409


def test_a_refused_deed_leads_back_to_its_page(console: Console) -> None:
    """The page the form stood on, if it was one of ours; else Home."""
    browser = console.logged_in("csm")
    browser.get("/console/queue")
    for came, there in (
        (
            f"{ORIGIN}/console/plays/usage-drop?runs=open",
            'href="/console/plays/usage-drop?runs=open">Go back',
        ),
        ("https://elsewhere.example/console/runs/r1", "Go to Home"),
        (f"{ORIGIN}/console/runs/nothing/pause", "Go to Home"),
    ):
        answer = browser.post("/console/runs/nothing/pause", {"reason": "x"}, Referer=came)
        assert answer.status_code == 404 and there in answer.text


@pytest.mark.parametrize("on", ["", "yesterday", "2026-11-22", "2030-01-01"])
def test_a_bad_snooze_date_is_refused_in_words(console: Console, on: str) -> None:
    """Past, far and malformed dates change nothing."""
    browser = console.logged_in("csm")
    browser.get("/console/queue")
    answer = browser.post("/console/tasks/t1/snooze", {**BACK, "until": "date", "on": on})
    assert answer.status_code == 400 and "Choose a date" in answer.text
    assert f'href="{BACK["back"]}">Go back</a>' in answer.text
    assert task(console).state == "open"


def test_a_logged_contact_is_a_touch(console: Console) -> None:
    """A call logged on a task spends attention like any message."""
    browser = console.logged_in("csm")
    browser.get("/console/queue")
    browser.post("/console/tasks/t1/contact", {**BACK, "channel": "call", "note": "Reached Ada"})
    with console.runtime.db.read() as session:
        touches = session.scalars(
            select(Touch).where(Touch.account_id == "northwind", Touch.channel == "call")
        ).all()
    assert len(touches) == 2
    assert "Reached Ada" in browser.get("/console/tasks/t1").text


def test_the_queue_hands_out_one_task_as_a_fragment(console: Console) -> None:
    """The script fetches the detail alone, escaped by the same template."""
    browser = console.logged_in("csm")
    part = browser.get("/console/tasks/t2", headers={"X-Fragment": "1"})
    assert part.status_code == 200 and "<html" not in part.text and "data-task-detail" in part.text


ROLES = ("viewer", "author", "csm", "admin")


@pytest.mark.parametrize(
    ("path", "data", "least"),
    [
        ("/tasks/t1/acknowledge", BACK, "csm"),
        ("/settings/keys", {"kind": "public", "name": "New"}, "admin"),
        ("/settings/people", {"email": "x@acme.example", "name": "X", "role": "viewer"}, "admin"),
        ("/settings/token-secret", {}, "admin"),
    ],
)
def test_roles_limit_what_people_change(
    console: Console, path: str, data: dict[str, str], least: str
) -> None:
    """Below the needed role a deed is refused and nothing changes; from it on it works."""
    for role in ROLES:
        browser = console.logged_in(role)
        browser.get("/console/settings")
        browser.get("/console/")
        status = browser.post("/console" + path, data).status_code
        if ROLES.index(role) < ROLES.index(least):
            assert status == 403, role
        elif role == least:
            assert status in (200, 302), role


def test_only_administrators_read_the_audit_log(console: Console) -> None:
    """The log names people and deeds, so it is for administrators."""
    assert console.logged_in("csm").get("/console/settings/audit").status_code == 403
    assert console.logged_in().get("/console/settings/audit").status_code == 200


def test_a_key_is_shown_once_and_revoked_after_asking(console: Console) -> None:
    """The text of a new key is on one page only; revoking asks first, naming the key."""
    browser = console.logged_in()
    browser.get("/console/settings/keys")
    page = browser.post("/console/settings/keys", {"kind": "secret", "name": "Importer"}).text
    text = page.split('id="made-key" tabindex="0">')[1].split("<")[0]
    assert text.startswith("wp_sk_")
    assert text not in browser.get("/console/settings/keys").text
    with console.runtime.db.read() as session:
        key = session.scalars(select(Key).where(Key.name == "Importer")).one()
        assert text not in str(list(session.scalars(select(Audit.after))))
    path = f"/console/settings/keys/{key.id}/revoke"
    assert "Revoke “Importer”?" in browser.get(path).text
    assert browser.post(path).status_code == 302
    with console.runtime.db.read() as session:
        assert session.get_one(Key, key.id).revoked_at is not None


def test_a_bad_key_name_is_answered_on_the_form(console: Console) -> None:
    """A refused form comes back with the reason in words."""
    browser = console.logged_in()
    browser.get("/console/settings/keys")
    answer = browser.post("/console/settings/keys", {"kind": "public", "name": " "})
    assert answer.status_code == 400 and "name of 1 to" in answer.text


def test_adding_a_person_shows_a_link_that_works(console: Console) -> None:
    """A new person gets a login link; adding the same e-mail again is refused."""
    browser = console.logged_in()
    browser.get("/console/settings/people")
    data = {"email": "New@Acme.example", "name": "Nils New", "role": "author"}
    page = browser.post("/console/settings/people", data).text
    url = page.split('id="login-url" tabindex="0">')[1].split("<")[0]
    other = console.browser()
    path = url.removeprefix("http://127.0.0.1:7400")
    other.get(path)
    assert other.post(path).status_code == 302
    assert browser.post("/console/settings/people", data).status_code == 409
    with console.runtime.db.read() as session:
        assert session.scalars(select(ConsoleUser).where(ConsoleUser.email == "new@acme.example")).one()


def test_the_token_secret_is_shown_on_request_and_noted(console: Console) -> None:
    """The secret is on no ordinary page; showing it leaves a line in the audit log."""
    browser = console.logged_in()
    secret = "token-secret-of-the-tests-0123456789"
    assert secret not in browser.get("/console/settings").text
    assert secret in browser.post("/console/settings/token-secret").text
    with console.runtime.db.read() as session:
        assert "workspace.show_token_secret" in list(session.scalars(select(Audit.action)))


def test_a_contact_with_an_account_is_logged_once(console: Console) -> None:
    """The form on the account's page makes one touch, however often it is pressed, and tells it in the story."""
    browser = console.logged_in("csm")
    page = browser.get(ACCOUNT).text
    contact_id = re.findall(r'name="id" value="([^"]+)"', page)[0]
    for _ in range(2):
        answer = browser.post(f"{ACCOUNT}/contact", {"id": contact_id, "channel": "meeting", "user": ""})
        assert answer.status_code == 302
    assert "Meeting logged" in browser.get(ACCOUNT).text
    with console.runtime.db.read() as session:
        assert session.get(Touch, ("acme-prod", f"contact:{contact_id}")) is not None


def test_a_viewer_logs_no_contact(console: Console) -> None:
    """It needs the role csm; the page of others has no form."""
    browser = console.logged_in("viewer")
    assert "Log a contact" not in browser.get(ACCOUNT).text
    assert browser.post(f"{ACCOUNT}/contact", {"id": "x", "channel": "call"}).status_code == 403


def test_a_run_is_stopped_once_and_its_story_says_why(console: Console) -> None:
    """A CSM stops a run with a reason; the page tells it, offers no second stop, and refuses one."""
    browser = console.logged_in("csm")
    assert "Stop the run" in browser.get("/console/runs/r2").text
    answer = browser.post("/console/runs/r2/cancel", {"reason": "they moved to a new admin"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/console/runs/r2"
    page = browser.get("/console/runs/r2").text
    assert "Stopped by a person: they moved to a new admin" in page and "Stop the run" not in page
    assert browser.post("/console/runs/r2/cancel", {"reason": "again"}).status_code == 409
    with console.runtime.db.read() as session:
        run = session.get_one(PlayRun, ("acme-prod", "r2"))
        assert (run.state, run.outcome, run.due_at) == ("ended", "cancelled", None)


def test_a_viewer_cannot_stop_a_run(console: Console) -> None:
    """Neither is the button shown, nor does the address answer."""
    browser = console.logged_in("viewer")
    assert "Stop the run" not in browser.get("/console/runs/r2").text
    assert browser.post("/console/runs/r2/cancel", {"reason": "no"}).status_code == 403


def test_an_account_is_served_differently_for_a_while(console: Console) -> None:
    """A CSM sets the motion with a reason and an end; page and story tell it; a button brings the rule back."""
    browser = console.logged_in("csm")
    browser.get(ACCOUNT)
    form = {"motion": "long_tail", "until": "2026-12-15", "reason": "they asked to be left alone"}
    assert browser.post(f"{ACCOUNT}/motion/set", form).status_code == 302
    page = browser.get(ACCOUNT).text
    assert "until Dec 15" in page and "they asked to be left alone" in page
    assert "Served as long tail until Dec 15" in page
    assert browser.post(f"{ACCOUNT}/motion/withdraw", {}).status_code == 302
    assert "Served by the rule again" in browser.get(ACCOUNT).text
    assert browser.post(f"{ACCOUNT}/motion/withdraw", {}).status_code == 409
    assert browser.post(f"{ACCOUNT}/motion/set", {**form, "until": "soon"}).status_code == 400


def test_a_viewer_cannot_change_how_an_account_is_served(console: Console) -> None:
    """Neither is the form shown, nor do the addresses answer."""
    browser = console.logged_in("viewer")
    assert "Serve it differently" not in browser.get(ACCOUNT).text
    for verb in ("set", "withdraw"):
        assert browser.post(f"{ACCOUNT}/motion/{verb}", {}).status_code == 403


def test_an_account_is_handed_over(console: Console) -> None:
    """A CSM names the owner; page and story tell it; a button lets the trait decide again. A viewer cannot."""
    browser = console.logged_in("csm")
    browser.get(ACCOUNT)
    form = {"owner": console.people["admin"], "reason": "a new team"}
    assert browser.post(f"{ACCOUNT}/owner/set", form).status_code == 302
    page = browser.get(ACCOUNT).text
    assert "named by hand" in page and "a new team" in page
    assert browser.post(f"{ACCOUNT}/owner/withdraw", {}).status_code == 302
    assert browser.post(f"{ACCOUNT}/owner/withdraw", {}).status_code == 409
    assert browser.post(f"{ACCOUNT}/owner/set", {"owner": "nobody"}).status_code == 400
    browser = console.logged_in("viewer")
    browser.get(ACCOUNT)
    for verb in ("set", "withdraw"):
        assert browser.post(f"{ACCOUNT}/owner/{verb}", {}).status_code == 403


def test_a_workshop_is_planned_moved_and_called_off(console: Console) -> None:
    """A CSM adds a slot, moves it, calls it off, and marks who came to another; a viewer does none of it."""
    browser = console.logged_in("csm")
    browser.get("/console/workshops/automation-basics")
    form = {"starts_at": "2026-12-15T15:00", "timezone": "Europe/Berlin", "place": "Room 4", "capacity": "8"}
    assert browser.post("/console/workshops/automation-basics/slots", form).status_code == 302
    assert "Dec 15" in browser.get("/console/workshops/automation-basics").text
    assert browser.post("/console/workshop-slots/w3/move", {**form, "place": "Room 5"}).status_code == 302
    assert "Room 5" in browser.get("/console/workshop-slots/w3").text
    assert browser.post("/console/workshop-slots/w3/move", {**form, "starts_at": "soon"}).status_code == 400
    assert browser.post("/console/workshop-slots/w3/cancel", {"reason": "Robin is ill"}).status_code == 302
    assert "Robin is ill" in browser.get("/console/workshop-slots/w3").text
    came = {"shown": ["fern-0", "tidewater-0"], "came": ["fern-0"]}
    assert browser.post("/console/workshop-slots/w2/attendance", came).status_code == 302
    page = browser.get("/console/workshop-slots/w2").text
    assert ">Came<" in page and ">Did not come<" in page
    assert browser.get("/console/workshop-slots/nobody-has-this").status_code == 404
    viewer = console.logged_in("viewer")
    assert "Cancel it" not in viewer.get("/console/workshop-slots/w1").text
    for verb in ("move", "cancel", "attendance"):
        assert viewer.post(f"/console/workshop-slots/w3/{verb}", {}).status_code == 403


def test_a_message_is_edited_looked_at_and_sent(console: Console) -> None:
    """The saved words are what the preview shows; sending closes the task and says how to take it back."""
    browser = console.logged_in("csm")
    assert "Send as it is" in browser.get("/console/tasks/t4").text
    form = {"subject": "Well done", "body": "Shall we **talk**? <b>x</b>"}
    assert browser.post("/console/tasks/t4/draft", form).status_code == 302
    looks = browser.get("/console/tasks/t4/draft/html")
    assert "<strong>talk</strong>" in looks.text and "<b>" not in looks.text
    assert "script-src" not in looks.headers["Content-Security-Policy"]
    refused = browser.post("/console/tasks/t4/draft/send", {**form, "body": "  "})
    assert refused.status_code == 400 and "Write a message" in refused.text and "Well done" in refused.text
    assert browser.post("/console/tasks/t4/draft/send", form).status_code == 302
    page = browser.get("/console/tasks/t4").text
    assert "in 20 seconds" in page and "Sent to ada@orchard.example" in page
    assert task(console, "t4").state == "done"
    assert browser.post("/console/tasks/t4/draft/send", form).status_code == 409
    browser.post("/console/tasks/t4/reopen", BACK)
    assert "Send as it is" in browser.get("/console/tasks/t4").text


def test_a_viewer_sends_nothing(console: Console) -> None:
    """Neither button nor page nor address."""
    browser = console.logged_in("viewer")
    assert "Send as it is" not in browser.get("/console/tasks/t4").text
    assert browser.get("/console/tasks/t4/draft").status_code == 403
    assert browser.post("/console/tasks/t4/draft/send", {}).status_code == 403


def test_sending_is_stopped_and_goes_on(console: Console) -> None:
    """An author throws the switch with a reason; every page says so; the banner takes it back."""
    browser = console.logged_in("author")
    assert "Stop all sending" in browser.get("/console/settings").text
    form = {"reason": "the words are wrong", "back": "/console/settings"}
    assert browser.post("/console/sending/stop", form).status_code == 302
    page = browser.get("/console/settings").text
    assert "Sending is stopped." in page and "The words are wrong" in page and "Stop all" not in page
    assert "Sending is stopped." in browser.get("/console/accounts").text
    browser.post("/console/sending/resume", {"back": "/console/"})
    assert "Sending is stopped." not in browser.get("/console/accounts").text
    assert browser.post("/console/sending/stop", {"reason": ""}).status_code == 400


def test_every_page_says_that_the_secret_is_another(console: Console) -> None:
    """What happened and the remedy; nobody in the console lets it go on."""
    browser, sender = console.logged_in("author"), console.runtime
    known_secret.look(sender)
    known_secret.look(dataclasses.replace(sender, secret="another secret of at least 32 characters"))
    page = browser.get("/console/accounts").text
    assert "WAYPOST_SECRET is not the one" in page and "waypost accept-secret" in page
    assert "waypost resume-sending" in page and "Let it go on" not in page


def test_a_viewer_stops_nothing(console: Console) -> None:
    """Neither is the button shown, nor do the addresses answer."""
    browser = console.logged_in("viewer")
    assert "Stop all sending" not in browser.get("/console/settings").text
    for verb in ("stop", "resume"):
        assert browser.post(f"/console/sending/{verb}", {"reason": "no"}).status_code == 403
