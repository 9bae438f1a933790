"""A workspace with one of everything the read API shows, and the same ids in another workspace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.store.database import Database
from waypost_server.store.tables import (
    Account,
    Attempt,
    Delivery,
    DraftFile,
    EndUser,
    IngestDay,
    Membership,
    MilestoneState,
    PlayRun,
    Quarantine,
    Release,
    Signal,
    Task,
    TaskEvent,
    UsageDay,
    WorkshopSlot,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = NOW.date()


def fill(database: Database, workspace: str, prefix: str = "", accounts: int = 3) -> None:
    """Add accounts `{prefix}acme-0`…, each with a user, usage, a milestone, a signal, a task and a delivery."""
    with database.write() as session:
        for number in range(accounts):
            _account(session, workspace, f"{prefix}acme-{number}", f"{prefix}u{number}")
        for shard in (0, 1):
            session.add(
                IngestDay(
                    workspace_id=workspace, day=TODAY, shard=shard, accepted=40, duplicate=2, quarantined=1
                )
            )
        edited = {"text": "a", "stamp": "s", "base": 2, "author": "ada", "updated_at": NOW}
        session.add(DraftFile(workspace_id=workspace, draft=f"{prefix}draft", file="policy.yaml", **edited))
        for number in (1, 2):
            session.add(
                Release(
                    workspace_id=workspace,
                    number=number,
                    digest=f"{number}" * 64,
                    files={"catalog.yaml": "product: Acme"},
                    author="ada",
                    message="",
                    published_at=NOW,
                )
            )
        for _ in range(3):
            session.add(
                Quarantine(
                    workspace_id=workspace,
                    received_at=NOW,
                    message_id=None,
                    code="bad_timestamp",
                    message="The timestamp is not a time.",
                    body_head="{}",
                )
            )


def _account(session: Session, workspace: str, account: str, user: str) -> None:
    owned = {"workspace_id": workspace, "account_id": account}
    days: dict[str, date] = {"first_day": TODAY - timedelta(days=90), "last_day": TODAY}
    session.add(
        Account(
            workspace_id=workspace,
            id=account,
            name=account.title(),
            traits={"plan": "growth", "mrr": 400},
            segment="small",
            motion="long_tail",
            **days,
        )
    )
    session.add(EndUser(workspace_id=workspace, id=user, name="Ada", traits={}, trust="server", **days))
    session.add(Membership(**owned, user_id=user, role="admin", **days))
    for back in range(3):
        day = TODAY - timedelta(days=back)
        session.add(UsageDay(**owned, user_id=user, feature="report_export", day=day, count=back + 1))
    session.add(
        MilestoneState(
            **owned,
            user_id="",
            milestone="first_automation",
            done=4,
            total=4,
            steps={"launch": "2026-10-01T08:00:00Z"},
            started_at=NOW - timedelta(days=60),
            reached_at=NOW - timedelta(days=52),
        )
    )
    session.add(MilestoneState(**owned, user_id=user, milestone="first_report", done=1, total=2, steps={}))
    _work(session, owned, account)


def _work(session: Session, owned: dict[str, str], account: str) -> None:
    session.add(
        Signal(
            **owned,
            id=f"signal-{account}",
            kind="usage_decay",
            dedupe_key=f"usage_decay:{account}",
            state="open",
            severity=0.8,
            evidence={"before": 31, "after": 12},
            since=NOW,
            opened_at=NOW,
            handling="run",
        )
    )
    session.add(
        PlayRun(
            **owned,
            id=f"run-{account}",
            play="usage-drop",
            release=1,
            motion="long_tail",
            signal_id=f"signal-{account}",
            occurrence="1",
            state="waiting",
            started_at=NOW,
        )
    )
    session.add(
        Task(
            **owned,
            id=f"task-{account}",
            dedupe_key=f"task:{account}",
            title="Use has halved",
            draft="Hello",
            evidence={"before": 31},
            severity=0.8,
            state="open",
            due_at=NOW + timedelta(days=2),
            created_at=NOW,
        )
    )
    session.add(
        WorkshopSlot(
            workspace_id=owned["workspace_id"],
            id=f"slot-{account}",
            workshop="of-the-world",
            starts_at=NOW + timedelta(days=5),
            ends_at=NOW + timedelta(days=5, minutes=45),
            timezone="UTC",
            place="",
            state="open",
            created_at=NOW,
            follow_up_at=NOW + timedelta(days=19),
        )
    )
    session.add(
        TaskEvent(
            workspace_id=owned["workspace_id"],
            id=f"event-{account}",
            task_id=f"task-{account}",
            at=NOW,
            actor="play",
            kind="created",
        )
    )
    session.add(
        Delivery(
            **owned,
            id=f"delivery-{account}",
            channel="email",
            recipient="ada@acme.example",
            dedupe_key=f"mail:{account}",
            attempts=1,
            state="sent",
            not_before=NOW,
            expires_at=NOW + timedelta(days=3),
            created_at=NOW,
        )
    )
    session.add(
        Attempt(
            workspace_id=owned["workspace_id"], delivery_id=f"delivery-{account}", n=1, at=NOW, outcome="sent"
        )
    )
