"""Webhooks to endpoints that fail, come back, change their secret or say goodbye; on both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from tests.builders import WORKSPACE
from tests.faults.sinks import HookSink, hook_sink
from tests.services.play_rig import POLICY, PlayRig
from waypost_server.channels.egress import Egress
from waypost_server.channels.outcome import Later, Sent
from waypost_server.channels.webhook import WebhookPoster
from waypost_server.domain.circuit import OPENS_AFTER
from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services import endpoints
from waypost_server.services.endpoint_secret import rotate_secret, show_secret
from waypost_server.services.fsck import check as fsck
from waypost_server.services.resend import resend
from waypost_server.services.try_endpoint import try_endpoint
from waypost_server.store import deliveries
from waypost_server.store.database import Database
from waypost_server.store.tables import Attempt, Audit, Delivery, Endpoint

HOOK = ("webhook", "crm-note")


class HookRig(PlayRig):
    """A rig whose webhook goes to a real server on this machine."""

    sink: HookSink

    def queue(self, count: int, first: int = 0) -> None:
        """That many webhooks of an account, due now."""
        with self.database.write() as session:
            for n in range(first, first + count):
                deliveries.put(
                    session,
                    {
                        "workspace_id": WORKSPACE,
                        "id": f"hook-{n:02d}",
                        "account_id": "acme",
                        "release": 1,
                        "channel": "webhook",
                        "recipient": "crm-note",
                        "body": f'{{"n": {n}}}',
                        "dedupe_key": f"hook-{n}",
                        "state": "pending",
                        "not_before": self.clock.now,
                        "expires_at": self.clock.now.replace(year=2027),
                        "created_at": self.clock.now,
                    },
                )

    def states(self) -> dict[str, int]:
        """How many webhooks are in each state."""
        found = [row.state for row in self.rows(Delivery) if row.channel == "webhook"]
        return {state: found.count(state) for state in sorted(set(found))}

    def endpoint(self) -> Endpoint:
        (found,) = self.rows(Endpoint)
        return found  # type: ignore[no-any-return]


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> Iterator[HookRig]:
    with hook_sink() as (sink, url):
        rig = HookRig(database, tmp_path / "mailbox")
        rig.sink = sink
        rig.publish(policy=POLICY.replace("https://crm.example.com/hook", url))
        rig.add_account(motion="long_tail", evaluated=1)
        rig.runtime = dataclasses.replace(
            rig.runtime, poster=WebhookPoster(Egress(allow_loopback=True, total_seconds=2))
        )
        yield rig


def _fail(rig: HookRig) -> None:
    """The breaker opens: as many failures as it takes, and three messages behind them."""
    rig.sink.status = 500
    rig.queue(OPENS_AFTER + 3)
    rig.drain()


def test_an_endpoint_that_fails_is_left_alone_and_nothing_is_dropped(rig: HookRig) -> None:
    """Five failures open the breaker; what is behind waits untried, one tries again, its success frees all."""
    _fail(rig)
    assert len(rig.sink.posts) == OPENS_AFTER and rig.states() == {"pending": OPENS_AFTER + 3}
    untried = [row for row in rig.rows(Delivery) if not row.attempts]
    assert {row.reason for row in untried} == {"the endpoint is failing; the message waits for it"}
    rig.clock.move(seconds=61)
    rig.drain()
    assert len(rig.sink.posts) == OPENS_AFTER + 1, "one message tries; the others wait for its answer"
    rig.sink.status = 200
    rig.clock.move(minutes=6)
    rig.drain()
    assert rig.states() == {"sent": OPENS_AFTER + 3} and fsck(rig.runtime) == []
    assert rig.endpoint().failures == 0


def test_five_days_of_failures_switch_it_off_and_tell_the_administrators(rig: HookRig) -> None:
    """The notice goes by e-mail; messages wait until a person switches the endpoint on."""
    rig.add_csm("admin-1")
    rig.sql("update console_user set role = 'admin'")
    _fail(rig)
    for _ in range(6):
        rig.clock.move(days=1)
        rig.drain()
    assert rig.endpoint().disabled_why == "it has only failed for five days"
    (mail,) = rig.mails()
    assert mail["To"] == "admin-1@acme.example" and mail["Subject"] == "The webhook crm-note is switched off"
    assert "console/settings/endpoints" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    rig.queue(1, first=50)
    rig.drain()
    assert len([row for row in rig.rows(Delivery) if row.reason == "the endpoint is switched off"]) >= 1
    rig.sink.status = 200
    assert endpoints.enable(rig.runtime, WORKSPACE, HOOK, actor="marta") >= 1
    rig.drain()
    assert "hook-50" in [row.id for row in rig.rows(Delivery) if row.state == "sent"]
    assert fsck(rig.runtime) == []


def test_410_switches_it_off_at_once_and_the_rest_waits(rig: HookRig) -> None:
    """P14: nothing is sent to an endpoint that asked for it, and nothing is lost."""
    rig.sink.status = 410
    rig.queue(3)
    rig.drain()
    assert len(rig.sink.posts) == 1 and rig.states() == {"failed": 1, "pending": 2}
    with pytest.raises(ConflictError):
        endpoints.disable(rig.runtime, WORKSPACE, HOOK, actor="marta", why="again")
    rig.clock.move(days=29)
    rig.drain()
    assert rig.states() == {"failed": 1, "pending": 2}, "they wait for thirty days"


def test_retry_after_holds_for_every_message(rig: HookRig) -> None:
    """429: the endpoint names a time, and nobody calls before."""
    rig.sink.status, rig.sink.headers = 429, {"Retry-After": "600"}
    rig.queue(2)
    rig.drain()
    rig.clock.move(minutes=9)
    rig.drain()
    assert len(rig.sink.posts) == 1
    rig.sink.status = 200
    rig.clock.move(minutes=2)
    rig.drain()
    assert rig.states() == {"sent": 2}


def test_during_a_change_of_secret_both_sign_and_then_only_the_new_one(rig: HookRig) -> None:
    """G4: receivers may change over within a day; the reference library checks."""
    before = show_secret(rig.runtime, WORKSPACE, "crm-note", actor="marta")
    after = rotate_secret(rig.runtime, WORKSPACE, "crm-note", actor="marta")
    assert before != after
    for n, accepted in ((0, {before, after}), (1, {after})):
        rig.queue(1, first=n)
        rig.drain()
        headers, body = rig.sink.posts[-1]
        assert {each for each in (before, after) if _verifies(each, body, headers)} == accepted
        rig.clock.move(days=1, minutes=1)
    assert [row.action for row in rig.rows(Audit) if row.object == "webhook:crm-note"] == [
        "endpoint.show_secret",
        "endpoint.rotate_secret",
    ]


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    """With the reference library's signature at the time of the post (its own clock is another)."""
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signed = Webhook(secret).sign(headers["webhook-id"], at, body.decode())
    return signed in headers["webhook-signature"].split()


def test_a_test_says_what_came_of_it_and_a_good_answer_ends_the_pause(rig: HookRig) -> None:
    """A person need not wait an hour after the repair."""
    _fail(rig)
    assert isinstance(try_endpoint(rig.runtime, WORKSPACE, HOOK, actor="marta"), Later)
    rig.sink.status = 200
    assert isinstance(try_endpoint(rig.runtime, WORKSPACE, HOOK, actor="marta"), Sent)
    assert b'"type": "waypost.test"' in rig.sink.posts[-1][1]
    rig.drain()
    assert rig.states()["sent"] == 3, "those that only waited go at once"
    with pytest.raises(NotFoundError):
        try_endpoint(rig.runtime, WORKSPACE, ("webhook", "nobody"), actor="marta")


def test_a_person_sends_again_under_the_same_id(rig: HookRig) -> None:
    """What was given up, and what a receiver lost; the ladder of tries begins anew, the ledger goes on."""
    rig.queue(1)
    rig.drain()
    resend(rig.runtime, WORKSPACE, "hook-00", actor="marta")
    rig.drain()
    assert [headers["webhook-id"] for headers, _ in rig.sink.posts] == ["hook-00"] * 2
    assert [row.n for row in rig.rows(Attempt)] == [1, 2] and fsck(rig.runtime) == []
    rig.sql("update delivery set state = 'cancelled'")
    with pytest.raises(ConflictError):
        resend(rig.runtime, WORKSPACE, "hook-00", actor="marta")
    with pytest.raises(NotFoundError):
        resend(rig.runtime, WORKSPACE, "nobody", actor="marta")
    assert "delivery.resend" in [row.action for row in rig.rows(Audit)]


def test_see_all_says_how_each_endpoint_is(rig: HookRig) -> None:
    """A line for each name in policy.yaml, whether it was ever called or not."""
    with rig.database.read() as session:
        (fresh,) = endpoints.see_all(session, rig.runtime, WORKSPACE)
    assert (fresh.name, fresh.state, fresh.waiting) == ("crm-note", "ok", 0)
    _fail(rig)
    with rig.database.read() as session:
        (failing,) = endpoints.see_all(session, rig.runtime, WORKSPACE)
    assert (failing.state, failing.failures, failing.waiting) == ("failing", OPENS_AFTER, OPENS_AFTER + 3)
