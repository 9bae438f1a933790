"""Chat messages from plays and notices, to our own rooms and to customers'; on both databases."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.faults.sinks import HookSink, hook_sink
from tests.services.play_rig import OVERDUE, POLICY, STRATEGIC, PlayRig
from waypost_server.channels.chat import ChatPost, ChatPoster, Mark
from waypost_server.channels.egress import Egress
from waypost_server.channels.outcome import Later, Outcome, Sent, Unclear
from waypost_server.domain.errors import BadInputError
from waypost_server.services import chat_turn, endpoints
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.put_notice import Notice, put_notice
from waypost_server.services.recover import recover
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Delivery, Task, Touch

OURS, SHARED = ("chat", "cs-team"), ("chat", "shared")
ROOMS = "chat:\n  cs-team: {service: slack}\n  shared: {service: slack, room_trait: slack_channel}\n"


class ChatRig(PlayRig):
    """A rig whose chat goes to a real server on this machine."""

    sink: HookSink
    url: str

    def start(self, *rooms: str, **account: object) -> None:
        """A play that posts to these rooms, and an account that starts it."""
        rooms = rooms or ("cs-team",)
        steps = "".join(f"  - chat: {{room: {room}, template: tips}}\n" for room in rooms)
        branches = f"long_tail:\n{steps}strategic:\n{steps}"
        self.publish(policy=POLICY + ROOMS, plays__launch_overdue=OVERDUE.split("long_tail:")[0] + branches)
        self.add_account(first_day=self.clock.now.date() - timedelta(days=16), **account)  # type: ignore[arg-type]

    def give(self, name: tuple[str, str] = OURS, address: str = "") -> None:
        """Its address."""
        given = address or self.url
        endpoints.set_address(self.runtime, WORKSPACE, name, actor="marta", address=given)

    def say(self, *subjects: str, room: str = "cs-team") -> None:
        """Notices to a room, decided one after the other."""
        for subject in subjects:
            notice = Notice(subject, "Words.", dedupe=f"{room}:{subject}")
            with self.database.write() as session:
                put_notice(session, self.runtime, WORKSPACE, channel="chat", recipient=room, notice=notice)
            self.clock.move(milliseconds=1)

    def chat(self) -> list[Delivery]:
        return [row for row in self.rows(Delivery) if row.channel == "chat"]

    def said(self) -> list[str]:
        """The first words of what was posted, in order."""
        return [json.loads(body)["text"].splitlines()[0] for _, body in self.sink.posts]


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> Iterator[ChatRig]:
    with hook_sink() as (sink, url):
        rig = ChatRig(database, tmp_path / "mailbox")
        rig.sink, rig.url = sink, url
        poster = ChatPoster(Egress(allow_loopback=True, total_seconds=2), slack_api=url.removesuffix("/hook"))
        rig.runtime = dataclasses.replace(rig.runtime, chat=poster)
        yield rig


def test_a_message_waits_for_its_rooms_address_and_then_goes(rig: ChatRig) -> None:
    """The words are a template's; the ledger keeps them as they were posted."""
    rig.start("cs-team")
    rig.drain()
    (waiting,) = rig.chat()
    assert (waiting.state, waiting.reason[:27]) == ("pending", "nobody has given the address"[:27])
    rig.give()
    rig.drain()
    (sent,) = rig.chat()
    assert sent.state == "sent" and sent.subject.startswith("Is something in the way")
    assert "your team at Acme uses automations less" in sent.body
    (_, body) = rig.sink.posts[0]
    assert json.loads(body)["text"].startswith("Is something in the way")
    assert rig.url not in str([(row.before, row.after) for row in rig.rows(Audit)])
    assert not rig.rows(Touch) and fsck(rig.runtime) == []


def test_our_own_room_hears_of_a_strategic_account_and_the_customers_does_not(rig: ChatRig) -> None:
    """The motion guard protects customers, not our own people from news."""
    rig.start("cs-team", "shared", traits={"mrr": STRATEGIC, "slack_channel": "C0ACME"})
    rig.give()
    rig.drain()
    assert [(row.recipient, row.state) for row in rig.chat()] == [("cs-team", "sent")]
    (task,) = rig.rows(Task)
    assert "your team at Acme" in task.draft


def test_a_customers_room_is_treated_like_mail(rig: ChatRig) -> None:
    """It takes a slot of the account's budget, keeps quiet hours, and goes where the account's trait says."""
    rig.sink.reply = b'{"ok": true, "ts": "1.2"}'
    rig.start("shared", traits={"mrr": 500, "slack_channel": "C0ACME"})
    rig.give(SHARED, "xoxb-1-2-3")
    rig.clock.now = rig.clock.now.replace(hour=22)
    rig.drain()
    assert rig.chat()[0].reason == "quiet hours where the person is"
    rig.clock.move(hours=11)
    rig.drain()
    assert rig.chat()[0].state == "sent" and json.loads(rig.sink.posts[0][1])["channel"] == "C0ACME"
    (touch,) = rig.rows(Touch)
    assert (touch.channel, touch.account_id, touch.user_id) == ("chat", "acme", "")


def test_an_account_without_a_room_fails_visibly_and_harms_no_endpoint(rig: ChatRig) -> None:
    """The reason names the trait."""
    rig.start("shared")
    rig.give(SHARED, "xoxb-1-2-3")
    rig.drain()
    assert "no trait slack_channel" in rig.chat()[0].reason and not rig.sink.posts
    with rig.database.read() as session:
        states = {each.name: each.state for each in endpoints.see_all(session, rig.runtime, WORKSPACE)}
    assert states == {"crm-note": "ok", "cs-team": "unset", "shared": "ok"}


def test_a_notice_is_posted_once(rig: ChatRig) -> None:
    """Whoever asks twice, with the same key, is heard once."""
    rig.start()
    rig.give()
    notice = Notice("A task for you", "**Acme** uses less.", dedupe="task:1")
    for _ in range(2):
        with rig.database.write() as session:
            put_notice(session, rig.runtime, WORKSPACE, channel="chat", recipient="cs-team", notice=notice)
    rig.drain()
    rig.clock.move(seconds=1)
    rig.drain()
    said = [body for _, body in rig.sink.posts if b"A task for you" in body]
    assert len(said) == 1 and {row.state for row in rig.chat()} == {"sent"}


def test_a_room_gets_one_message_a_second_in_order(rig: ChatRig) -> None:
    """What waits is not checked, claimed or counted as tried, and another room does not wait with it."""
    rig.publish(policy=POLICY + ROOMS + "  sales: {service: slack}\n")
    for name in ("cs-team", "sales"):
        rig.give(("chat", name))
    rig.say("one", "two", "three", "four")
    rig.say("other", room="sales")
    rig.drain()
    assert sorted(rig.said()) == ["one", "other"]
    waiting = [row for row in rig.chat() if row.state == "pending"]
    assert {(row.reason, row.claims, row.attempts) for row in waiting} == {(chat_turn.WAITS, 0, 0)}
    rig.clock.move(seconds=0.9)
    rig.drain()
    assert len(rig.said()) == 2
    for posted in (3, 4, 5):
        rig.clock.move(seconds=1)
        rig.drain()
        assert len(rig.said()) == posted
    assert [said for said in rig.said() if said != "other"] == ["one", "two", "three", "four"]
    assert fsck(rig.runtime) == []


def test_a_room_that_asks_us_to_slow_down_is_left_alone_and_no_other(rig: ChatRig) -> None:
    """429 with Retry-After, by one bot for two rooms: nothing is lost, and the endpoint counts as well."""
    rig.publish(
        policy=POLICY + "chat:\n  busy: {service: slack, room: C1}\n  calm: {service: slack, room: C2}\n"
    )
    for name in ("busy", "calm"):
        rig.give(("chat", name), "xoxb-1-2-3")
    rig.sink.status, rig.sink.headers = 429, {"Retry-After": "30"}
    rig.say("one", "two", room="busy")
    rig.drain()
    rig.sink.status, rig.sink.headers, rig.sink.reply = 200, {}, b'{"ok": true, "ts": "1.2"}'
    rig.say("other", room="calm")
    rig.clock.move(seconds=29)
    rig.drain()
    assert rig.said() == ["one", "other"]
    with rig.database.read() as session:
        assert {each.name: each.state for each in endpoints.see_all(session, rig.runtime, WORKSPACE)} == {
            "busy": "ok",
            "calm": "ok",
            "crm-note": "ok",
        }
    for _ in range(3):
        rig.clock.move(seconds=30)
        rig.drain()
    assert sorted(rig.said()[2:]) == ["one", "two"]
    assert {row.state for row in rig.chat()} == {"sent"} and fsck(rig.runtime) == []


def test_two_names_of_one_room_and_two_workers_share_its_turn(rig: ChatRig) -> None:
    """While one connects, however long, the other posts nothing there; the room is free again when it gave up."""
    rig.publish(policy=POLICY + "chat:\n  a: {service: slack, room: C1}\n  b: {service: slack, room: C1}\n")
    for name in ("a", "b"):
        rig.give(("chat", name), "xoxb-1-2-3")
    rig.say("first", room="a")
    second, posted = rig.runtime, []

    class Slow:
        def can_post(self, address: str) -> bool:
            return True

        def post(self, post: ChatPost, mark: Mark) -> Outcome:
            rig.clock.move(seconds=3)
            rig.say("second", room="b")
            drain(dataclasses.replace(second, chat=Quick()))
            assert posted == []
            return Later("no connection")

    class Quick:
        def can_post(self, address: str) -> bool:
            return True

        def post(self, post: ChatPost, mark: Mark) -> Outcome:
            assert mark()
            posted.append(post.title)
            return Sent()

    drain(dataclasses.replace(rig.runtime, chat=Slow()))
    rig.clock.move(seconds=1)
    drain(dataclasses.replace(rig.runtime, chat=Quick()))
    assert posted == ["second"]


def test_a_worker_that_dies_after_the_mark_leaves_it_unknown(rig: ChatRig) -> None:
    """P9: nobody can know, so nothing is posted again by itself."""

    class Dies:
        def can_post(self, address: str) -> bool:
            return True

        def post(self, post: ChatPost, mark: Mark) -> Outcome:
            assert mark()
            raise KeyboardInterrupt

    rig.start("cs-team")
    rig.runtime = dataclasses.replace(rig.runtime, chat=Dies())
    with pytest.raises(KeyboardInterrupt):
        rig.drain()
    rig.clock.move(minutes=3)
    recover(rig.runtime)
    assert rig.chat()[0].state == "unknown"
    rig.runtime = dataclasses.replace(rig.runtime, chat=_Unclear())
    rig.drain()
    assert rig.chat()[0].state == "unknown" and fsck(rig.runtime) == []


class _Unclear:
    def can_post(self, address: str) -> bool:
        return True

    def post(self, post: ChatPost, mark: Mark) -> Outcome:
        mark()
        return Unclear("no answer")


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        (OURS, "hooks.slack.com/x", "begins with https://"),
        (OURS, "xoxb-1", "add `room:`"),
        (OURS, "https://x\nhost", "no address"),
        (SHARED, "https://hooks.slack.com/x", "begins with xoxb-"),
        (("webhook", "crm-note"), "https://x.example", "policy.yaml"),
    ],
)
def test_addresses_that_cannot_work_are_refused(
    rig: ChatRig, name: tuple[str, str], address: str, words: str
) -> None:
    """At once, saying what to paste instead."""
    rig.start()
    with pytest.raises(BadInputError) as raised:
        rig.give(name, address)
    assert words in raised.value.message
