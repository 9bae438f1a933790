"""A14, P19: a database restored from a backup sends nothing until the operator says so, and then nothing twice."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE, Clock
from tests.faults.backups import back_up, restore
from tests.services.play_rig import OVERDUE, POLICY, STRATEGIC, PlayRig
from waypost_server.channels.email import Mail, Mark, MarkAll
from waypost_server.channels.outcome import Later, Outcome, Sent
from waypost_server.channels.webhook import Post as Webhook
from waypost_server.services import restored
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.releases import ReleaseCache
from waypost_server.services.runtime import Runtime
from waypost_server.services.stop_sending import resume_sending
from waypost_server.store import send_marks
from waypost_server.store.database import Database
from waypost_server.store.sent_journal import SentJournal
from waypost_server.store.tables import Delivery, SendingStop

FREE = POLICY.replace('{start: "20:00", end: "08:00"}', "null") + "approval: null\n"
NEVER_SENT = 3


class Post:
    """A mail server that knows whom it has written to, and is full for some."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self.full_for = "late"

    def send_all(self, mails: Sequence[Mail], mark: MarkAll) -> dict[str, Outcome]:
        """Takes all but those whose address begins with `full_for`."""
        taken = [mail for mail in mails if not (self.full_for and mail.recipient.startswith(self.full_for))]
        ready = mark(taken) if taken else set()
        self.recipients += [mail.recipient for mail in taken if mail.delivery_id in ready]
        full: dict[str, Outcome] = {mail.delivery_id: Later("452 full") for mail in mails}
        return {**full, **{each: Sent("250") for each in ready}}

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        raise AssertionError("groups are sent")

    def close(self) -> None:
        return None


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def rig(database: Database, tmp_path: Path, post: Post) -> PlayRig:
    """Waypost with a record of what left beside the database."""
    made = PlayRig(database, tmp_path, mailer=post, sent=SentJournal(tmp_path / "left"))
    made.publish(policy=FREE)
    return made


@pytest.mark.parametrize(
    "sends", [40, pytest.param(1000, marks=[pytest.mark.fault_long, pytest.mark.timeout(300)])]
)
def test_after_a_restore_nothing_leaves_before_a_yes_and_then_only_what_never_left(
    rig: PlayRig, post: Post, tmp_path: Path, sends: int
) -> None:
    """Half of what left after the backup waited in it, half was not decided yet; both are remembered."""
    _accounts(rig, "before", 5)
    rig.drain()
    _accounts(rig, "waiting", sends // 2)
    _accounts(rig, "late", NEVER_SENT)
    drain(dataclasses.replace(rig.runtime, sending=False))
    _accounts(rig, "undecided", sends // 2)
    back_up(rig.database, tmp_path / "backup")
    rig.drain()
    assert len(post.recipients) == 5 + sends

    restore(rig.database, tmp_path / "backup")
    runtime = _started_again(rig)
    drain(runtime)
    rig.clock.move(hours=1)
    drain(runtime)
    assert len(post.recipients) == 5 + sends, "nothing leaves before a yes"
    (stop,) = rig.rows(SendingStop)
    assert f"{sends:,} messages" in stop.reason and stop.workspace_id == ""

    post.full_for = ""
    resume_sending(runtime, "", actor="robin")
    drain(runtime)
    assert set(Counter(post.recipients).values()) == {1}
    assert len(post.recipients) == 5 + sends + NEVER_SENT
    ended = Counter((row.state, row.reason) for row in rig.rows(Delivery) if row.state != "sent")
    assert ended == {("cancelled", restored.SENT_BEFORE): sends}
    assert fsck(runtime) == []


class Hook:
    """An endpoint that knows what it was told, and is out of order for some."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.broken_for = "late"

    def post(self, post: Webhook) -> Outcome:
        """Takes all but what is about an account whose id begins with `broken_for`."""
        said = json.loads(post.body)
        about = said["data"].get("accountId") or said["data"]["account"]["id"]
        if self.broken_for and about.startswith(self.broken_for):
            return Later("HTTP 500")
        self.told.append(f"{said['type']} {about}")
        return Sent("HTTP 200")


def test_a_webhook_that_was_taken_is_not_sent_again_after_a_restore(rig: PlayRig, tmp_path: Path) -> None:
    """Whether it waited in the backup or is decided once more; what the endpoint never took goes at last."""
    hook = Hook()
    rig.runtime = dataclasses.replace(rig.runtime, poster=hook)
    steps = "long_tail:\n  - webhook: crm-note\nstrategic:\n  - task: {template: brief, due: {business_days: 1}}\n"
    rig.publish(
        policy=FREE + "tasks: {webhook: crm-note}\n",
        plays__launch_overdue=OVERDUE.split("long_tail:")[0] + steps,
    )
    _accounts(rig, "waiting", 2)
    _accounts(rig, "late", 1)
    rig.add_account("big", mrr=STRATEGIC, first_day=rig.clock.now.date() - timedelta(days=16))
    drain(dataclasses.replace(rig.runtime, sending=False))
    _accounts(rig, "undecided", 2)
    back_up(rig.database, tmp_path / "backup")
    rig.drain()
    told = {
        *(f"play.step {name}{n}" for name in ("waiting", "undecided") for n in (0, 1)),
        "task.created big",
    }
    assert set(hook.told) == told and len(hook.told) == len(told)

    restore(rig.database, tmp_path / "backup")
    runtime, hook.broken_for = _started_again(rig), ""
    drain(runtime)
    resume_sending(runtime, "", actor="robin")
    drain(runtime)
    assert Counter(hook.told) == Counter({*told, "play.step late0"})
    assert fsck(runtime) == []


def test_a_process_that_is_only_started_again_is_not_held(rig: PlayRig, post: Post) -> None:
    """Neither is one without a record on a server that has always been the same."""
    _accounts(rig, "first", 1)
    rig.drain()
    _accounts(rig, "second", 1)
    drain(_started_again(rig))
    assert len(post.recipients) == 2 and rig.rows(SendingStop) == []


def test_a_copy_on_another_server_is_held(rig: PlayRig, post: Post) -> None:
    """PostgreSQL: the database carries its server's name. SQLite: the record of what left is not beside it."""
    _accounts(rig, "first", 1)
    rig.drain()
    assert rig.runtime.sent is not None
    if rig.database.is_sqlite:
        rig.runtime.sent.path.unlink()
    else:
        rig.sql("update send_mark set home = 'elsewhere'")
    _accounts(rig, "second", 1)
    drain(_started_again(rig))
    (stop,) = rig.rows(SendingStop)
    assert len(post.recipients) == 1 and "not on record" in stop.reason
    resume_sending(rig.runtime, "", actor="robin")
    drain(_started_again(rig))
    assert len(post.recipients) == 2 and rig.rows(SendingStop) == []


def test_the_record_is_put_aside_when_it_is_long_and_survives_torn_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file before it is still read, and a line that a crash cut off is passed over."""
    monkeypatch.setattr("waypost_server.store.sent_journal.MOST_BYTES", 300)
    journal = SentJournal(tmp_path / "long")
    for number in range(1, 11):
        journal.note(number, Clock().now, [(WORKSPACE, f"key-{number}")])
        assert journal.last() == number
    with journal.path.open("ab") as file:
        file.write(b"99 2026-")
    assert journal.last() == 10
    assert journal.older.exists() and [left.number for left in journal.between(7, 10)] == [8, 9, 10]


def test_a_message_counts_as_sent_before_for_two_weeks_only(rig: PlayRig, post: Post) -> None:
    """Later the same words to the same person are a new message."""
    _accounts(rig, "first", 1)
    drain(dataclasses.replace(rig.runtime, sending=False))
    (row,) = rig.rows(Delivery)
    left = {"workspace_id": WORKSPACE, "message": restored.left_key(rig.runtime, row), "number": 1}
    with rig.database.write() as session:
        long_ago = rig.clock() - timedelta(days=15)
        send_marks.add_sent_before(session, [{**left, "at": long_ago}])
    rig.drain()
    assert len(post.recipients) == 1


def _accounts(rig: PlayRig, name: str, number: int) -> None:
    for each in range(number):
        rig.add_account(f"{name}{each}", first_day=rig.clock.now.date() - timedelta(days=16))


def _started_again(rig: PlayRig) -> Runtime:
    assert rig.runtime.sent is not None
    return dataclasses.replace(
        rig.runtime, sent=SentJournal(rig.runtime.sent.path), releases=ReleaseCache(rig.clock)
    )
