"""D10: endpoints that hang, drip, flood, loop and lie cost one deadline and no memory, and only themselves."""

from __future__ import annotations

import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.sinks import hook_sink
from tests.outbound import certificates
from tests.outbound import endpoints as bad
from tests.outbound.hook_rig import hook_rig, queue
from waypost_server.channels.egress import Egress
from waypost_server.channels.outcome import Later, Outcome, Sent
from waypost_server.channels.webhook import Post, WebhookPoster
from waypost_server.domain.circuit import OPENS_AFTER
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery, Endpoint

SECONDS = 0.8  # stands for the fifteen of production
SLACK = 2.0  # of a busy machine
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="


def _post(where: str, scheme: str = "http") -> Outcome:
    post = Post("d-1", f"{scheme}://{where}/", (SECRET,), "{}", datetime.now(UTC))
    return WebhookPoster(Egress(allow_loopback=True, total_seconds=SECONDS)).post(post)


@pytest.mark.parametrize(
    ("behaviour", "scheme"),
    [
        (bad.hang, "http"),
        (bad.drip_header, "http"),
        (bad.drip_body, "http"),
        (bad.flood_headers, "http"),
        (bad.loop, "http"),
        (bad.garbage, "http"),
        (bad.cut, "http"),
        (bad.garbage, "https"),
        (bad.hang, "https"),
        (bad.drip_header, "https"),
    ],
)
def test_it_is_tried_again_later_and_costs_no_more_than_the_deadline(
    behaviour: bad.Behaviour, scheme: str
) -> None:
    """One connection, one deadline over name, handshake, head and body together."""
    began = time.monotonic()
    with bad.endpoint(behaviour) as where:
        outcome = _post(where, scheme)
        took = time.monotonic() - began
    assert isinstance(outcome, Later), outcome
    assert took < SECONDS + SLACK


@pytest.mark.parametrize("shown", ["good", "self-signed", "out of date", "for another address"])
def test_a_certificate_that_proves_nothing_is_told_nothing(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection ends before the first byte of the message; with a good certificate it arrives."""
    authority, heard = certificates.Authority.make(tmp_path), list[bytes]()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    context = {
        "good": lambda: authority.server(tmp_path),
        "self-signed": lambda: certificates.self_signed(tmp_path),
        "out of date": lambda: authority.server(tmp_path, days=-1),
        "for another address": lambda: authority.server(tmp_path, address="192.0.2.7"),
    }[shown]()
    with bad.endpoint(bad.over_tls(context, heard)) as where:
        outcome = _post(where, "https")
    if shown == "good":
        assert isinstance(outcome, Sent) and heard[0].startswith(b"POST / ")
    else:
        assert isinstance(outcome, Later) and "CERTIFICATE_VERIFY_FAILED" in outcome.detail
        assert heard == []


def test_a_gigabyte_of_answer_is_read_for_64_kilobytes() -> None:
    """Nothing is inflated, and what was taken is not asked for again."""
    with bad.endpoint(bad.flood) as where:
        tracemalloc.start()
        _post(where)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 4 * 1024 * 1024


def test_one_that_hangs_does_not_keep_the_others_from_theirs(database: Database, tmp_path: Path) -> None:
    """Messages to a good endpoint leave in the same drain; those to the bad one wait, and none is lost."""
    with bad.endpoint(bad.hang) as where, hook_sink() as (sink, url):
        rig = hook_rig(database, tmp_path, good=url, bad_one=f"http://{where}/")
        queue(rig, "bad-one", OPENS_AFTER + 5)
        queue(rig, "good", 5)
        rig.drain()
        assert len(sink.posts) == 5
        states = {(row.recipient, row.state) for row in rig.rows(Delivery)}
        assert states == {("bad-one", "pending"), ("good", "sent")}
        assert sum(row.attempts for row in rig.rows(Delivery) if row.recipient == "bad-one") == OPENS_AFTER
        assert fsck(rig.runtime) == []


def test_an_endpoint_that_answers_well_now_and_then_stays_switched_on(
    database: Database, tmp_path: Path
) -> None:
    """Alternating 50x and 200 for six days: everything arrives, and a person need do nothing."""
    with hook_sink() as (sink, url):
        rig = hook_rig(database, tmp_path, good=url)
        for day in range(6):
            queue(rig, "good", 1, first=day)
            for sink.status in (503, 200):
                rig.drain()
                rig.clock.move(hours=12)
        assert {row.state for row in rig.rows(Delivery)} == {"sent"}
        (kept,) = rig.rows(Endpoint)
        assert (kept.failures, kept.disabled_at) == (0, None) and fsck(rig.runtime) == []
