"""What software may not say to a strategic account, a person sends, edits or skips; and the run goes on."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, USAGE_DROP, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services import draft_mail, tasks
from waypost_server.services.addresses import address_hash, preferences_url
from waypost_server.services.fsck import check as fsck
from waypost_server.services.message_drafts import save_draft, send_draft
from waypost_server.services.task_moves import By
from waypost_server.store import suppressions
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery, MessageDraft, PlayRun, StepRun, Task, Touch

PLAY = (
    USAGE_DROP.split("strategic:")[0]
    + """strategic:
  - email: {template: tips, to: {role: admin, limit: 2}}
  - task: {template: brief, due: {business_days: 2}}
"""
)


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """A strategic account whose play wants to send a mail."""
    made = PlayRig(database, tmp_path / "mailbox")
    made.publish(plays__usage_drop=PLAY)
    made.add_csm()
    made.add_account(mrr=STRATEGIC)
    made.decay()
    made.drain()
    return made


def draft(rig: PlayRig) -> MessageDraft:
    (found,) = rig.rows(MessageDraft)
    return found  # type: ignore[no-any-return]


def send(rig: PlayRig, **changes: Any) -> MessageDraft:
    return send_draft(rig.runtime, WORKSPACE, draft(rig).task_id, person="csm-1", **changes)


def settle(rig: PlayRig) -> None:
    """The time for second thoughts is over, and everything due is done."""
    rig.clock.move(seconds=21)
    rig.drain()


def mails(rig: PlayRig) -> list[EmailMessage]:
    """What customers got; notices to the team are another matter."""
    return [mail for mail in rig.mails() if mail["To"].endswith("@example.com")]


def deliveries(rig: PlayRig) -> list[Delivery]:
    return [row for row in rig.rows(Delivery) if row.account_id]


def story(rig: PlayRig) -> list[tuple[str, str]]:
    return [(row.outcome, row.note) for row in sorted(rig.rows(StepRun), key=lambda row: row.seq)]


def test_a_draft_waits_with_its_words_and_the_run_with_it(rig: PlayRig) -> None:
    """Nothing leaves; the task holds whom it is for, a subject and Markdown a person can read."""
    found = draft(rig)
    assert (found.state, found.recipient) == ("waiting", "acme-admin@example.com")
    assert found.subject == "Is something in the way, Dana Whitfield?"
    assert "**Acme**" in found.body and "\\" not in found.body
    (run,) = rig.rows(PlayRun)
    assert run.state == "waiting" and deliveries(rig) == [] and mails(rig) == []
    assert len(rig.rows(Task)) == 1


def test_sent_as_it_is_it_bears_the_persons_name_and_the_run_goes_on(rig: PlayRig) -> None:
    """One mail, from our address in their name, answered to them; a touch; the next step's task."""
    send(rig)
    settle(rig)
    (mail,) = mails(rig)
    assert mail["From"] == "Robin <waypost@localhost>" and mail["Reply-To"] == "csm-1@acme.example"
    assert "Auto-Submitted" not in mail and "List-Unsubscribe" in mail
    (delivery,) = deliveries(rig)
    assert (delivery.state, delivery.person, delivery.task_id) == ("sent", "csm-1", draft(rig).task_id)
    assert [touch.channel for touch in rig.rows(Touch)] == ["email"]
    assert ("done", "Robin sent it to acme-admin@example.com.") in story(rig)
    assert sorted(task.state for task in rig.rows(Task)) == ["done", "open"]
    assert fsck(rig.runtime) == []


def test_a_persons_mail_has_the_same_ways_out_as_software(rig: PlayRig) -> None:
    """Stopping by one click, the page of choices, both in the reader's language; the preview gives neither link."""
    rig.sql("update end_user set locale = 'fr'")
    with rig.database.read() as session:
        look = draft_mail.preview(session, rig.runtime, draft(rig))
    assert "/u/" not in look.html and "/p/" not in look.html and "Choisir ce que vous recevez" in look.html
    send(rig)
    settle(rig)
    (mail,) = mails(rig)
    choose, stop = preferences_url(rig.runtime, WORKSPACE, "acme-admin"), mail["List-Unsubscribe"][1:-1]
    assert stop.endswith("?lang=fr") and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()  # type: ignore[union-attr]
        assert choose in text and stop in text
        assert "parce que vous utilisez Acme Automations chez Acme." in text


def test_the_words_may_be_changed_and_kept_first(rig: PlayRig) -> None:
    """Saved words wait; sent words are the last ones, and nothing in them is markup but Markdown."""
    task_id = draft(rig).task_id
    save_draft(rig.runtime, WORKSPACE, task_id, person="csm-1", subject="Hello", body="First")
    assert draft(rig).state == "waiting"
    send(rig, body="Shall we **talk**? <script>alert(1)</script>")
    settle(rig)
    (mail,) = mails(rig)
    assert mail["Subject"] == "Hello"
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<strong>talk</strong>" in html and "<script>" not in html
    with pytest.raises(ConflictError, match="sent already"):
        send(rig)


def test_braces_that_are_no_fact_of_ours_may_be_written(rig: PlayRig) -> None:
    """A product may have placeholders of its own to write about."""
    words = "Put {{ first_name }} into your own mail."
    assert send_draft(rig.runtime, WORKSPACE, draft(rig).task_id, person="csm-1", body=words).body == words


def test_what_was_sent_can_be_taken_back_for_a_moment(rig: PlayRig) -> None:
    """Reopening the task within 20 seconds sends nothing; the message waits again and can be sent."""
    send(rig)
    rig.clock.move(seconds=10)
    rig.drain()
    tasks.reopen(rig.runtime, WORKSPACE, draft(rig).task_id, by=By("csm-1"))
    settle(rig)
    assert mails(rig) == [] and draft(rig).state == "waiting"
    assert rig.rows(PlayRun)[0].state == "waiting"
    send(rig)
    settle(rig)
    assert len(mails(rig)) == 1
    tasks.reopen(rig.runtime, WORKSPACE, draft(rig).task_id, by=By("csm-1"))
    assert draft(rig).state == "sent"


def test_skipping_needs_a_reason_and_the_run_knows_it(rig: PlayRig) -> None:
    """Closing the task is skipping; the story says who and why."""
    tasks.dismiss(rig.runtime, WORKSPACE, draft(rig).task_id, by=By("csm-1"), reason="they are on holiday")
    rig.drain()
    assert mails(rig) == [] and draft(rig).state == "skipped"
    note = "Robin did not send it to acme-admin@example.com: they are on holiday."
    assert ("skipped", note) in story(rig)
    assert len(rig.rows(Task)) == 2


def test_a_run_does_not_wait_for_ever(rig: PlayRig) -> None:
    """After a week it goes on; the message stays in the queue and can still be sent."""
    rig.clock.move(days=7, minutes=1)
    rig.drain()
    assert any("within 7 days" in note for _, note in story(rig))
    send(rig)
    settle(rig)
    assert len(mails(rig)) == 1


def test_who_has_opted_out_is_not_written_to(rig: PlayRig) -> None:
    """Known before sending: a refusal in words. Known only at the claim: suppressed."""
    send(rig)
    with rig.database.write() as session:
        hashed = address_hash(rig.runtime, WORKSPACE, "acme-admin@example.com")
        suppressions.add(session, WORKSPACE, hashed, reason="unsubscribed", at=rig.clock.now)
    settle(rig)
    assert mails(rig) == [] and deliveries(rig)[0].state == "suppressed"
    rig.sql("update message_draft set state = 'waiting'")
    with pytest.raises(ConflictError, match="opted out"):
        send(rig)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "a\nBcc: x@y.example"}, "U\\+000A"),
        ({"subject": "a" * 201}, "200"),
        ({"body": " "}, "message"),
        ({"body": "Hello {{ user.name }}, how are you?"}, r"\{\{ user.name \}\} would arrive as it stands"),
        ({"subject": "News for {{account.name}}"}, "would arrive as it stands"),
        ({"person": "nobody"}, "no access"),
    ],
)
def test_what_a_mail_cannot_say_is_refused(rig: PlayRig, changes: dict[str, str], words: str) -> None:
    """Nothing changes; the draft waits."""
    given = {"person": "csm-1", **changes}
    with pytest.raises(BadInputError, match=words):
        send_draft(rig.runtime, WORKSPACE, draft(rig).task_id, **given)
    assert draft(rig).state == "waiting"
    with pytest.raises(NotFoundError):
        send_draft(rig.runtime, WORKSPACE, "nothing", person="csm-1")
