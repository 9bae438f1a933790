"""A workspace with a webhook to a good endpoint and one to a bad one, and messages to either."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tests.builders import WORKSPACE, Clock
from tests.services.play_rig import POLICY, PlayRig
from waypost_server.channels.egress import Egress
from waypost_server.channels.webhook import WebhookPoster
from waypost_server.store import deliveries
from waypost_server.store.database import Database


def hook_rig(
    database: Database,
    tmp_path: Path,
    *,
    good: str,
    bad_one: str = "http://127.0.0.1:1/",
    clock: Clock | None = None,
) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox", clock=clock)
    hooks = f"webhooks:\n  crm-note: {good}\n  good: {good}\n  bad-one: {bad_one}\n"
    rig.publish(policy=POLICY.split("webhooks:")[0] + hooks)
    rig.add_account(motion="long_tail", evaluated=1)
    poster = WebhookPoster(Egress(allow_loopback=True, total_seconds=0.2))
    rig.runtime = dataclasses.replace(rig.runtime, poster=poster)
    return rig


def queue(rig: PlayRig, name: str, number: int, first: int = 0) -> None:
    with rig.database.write() as session:
        for n in range(first, first + number):
            deliveries.put(
                session,
                {
                    "workspace_id": WORKSPACE,
                    "id": f"{name}-{n}",
                    "account_id": "acme",
                    "release": 1,
                    "channel": "webhook",
                    "recipient": name,
                    "body": "{}",
                    "dedupe_key": f"{name}-{n}",
                    "state": "pending",
                    "not_before": rig.clock.now,
                    "expires_at": rig.clock.now.replace(year=2027),
                    "created_at": rig.clock.now,
                },
            )
