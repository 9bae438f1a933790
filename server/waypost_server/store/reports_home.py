"""Read models of the home page: what waits, what went wrong, what today brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import (
    Account,
    Approval,
    Delivery,
    DraftFile,
    IngestDay,
    Interaction,
    PlayRun,
    Quarantine,
    Signal,
    Task,
    TaskSignal,
)
from waypost_server.store.types import AnyRow, AnySelect

OPEN = ("open", "acknowledged")


@dataclass(frozen=True, slots=True)
class Today:
    """Today's numbers."""

    accepted: int
    duplicate: int
    quarantined: int
    shown: int
    people: int
    sent: int


def waiting(session: Session, workspace_id: str, owner: str, draft: str) -> tuple[int, int, int]:
    """For every page's side bar: (open tasks of one person or escalated to them, files that their draft edits, plays
    that wait for an approval).

    A task that is held back does not count.
    """
    tasks = select(func.count()).where(
        Task.workspace_id == workspace_id,
        Task.state.in_(OPEN),
        Task.held_at.is_(None),
        or_(Task.owner == owner, Task.escalated_to == owner),
    )
    edited = select(func.count()).where(DraftFile.workspace_id == workspace_id, DraftFile.draft == draft)
    asked = select(func.count()).where(Approval.workspace_id == workspace_id, Approval.state == "waiting")
    counts = (each.scalar_subquery() for each in (tasks, edited, asked))
    found = session.execute(select(*counts)).one()
    return found[0], found[1], found[2]


def due_tasks(session: Session, workspace_id: str, before: datetime, limit: int) -> Sequence[AnyRow]:
    """Open tasks of the team due before a time, the most urgent first, with their accounts."""
    return session.execute(
        select(Task, Account.name.label("account_name"))
        .outerjoin(Account, (Account.workspace_id == Task.workspace_id) & (Account.id == Task.account_id))
        .where(
            Task.workspace_id == workspace_id,
            Task.state.in_(OPEN),
            Task.held_at.is_(None),
            Task.due_at < before,
        )
        .order_by(Task.due_at, Task.id)
        .limit(limit)
    ).all()


def next_due(session: Session, workspace_id: str, owner: str | None) -> AnyRow:
    """How many open tasks the owner (None = the team) has, and when the first of them is due."""
    query = select(func.count().label("count"), func.min(Task.due_at).label("due_at")).where(
        Task.workspace_id == workspace_id, Task.state.in_(OPEN), Task.held_at.is_(None)
    )
    return session.execute(query.where(Task.owner == owner) if owner else query).one()


def unhandled_signals(session: Session, workspace_id: str, since: datetime, limit: int) -> Sequence[AnyRow]:
    """Open signals noticed since a time that started nothing, the most severe first."""
    started_nothing = (Signal.handling == "none", Signal.handling_reason != "", Signal.opened_at >= since)
    return session.execute(_open_signals(workspace_id, limit).where(*started_nothing)).all()


def orphans(session: Session, workspace_id: str, limit: int) -> Sequence[AnyRow]:
    """Open signals without a run, a task or a reason for none, the most severe first; there should be none."""
    run = select(PlayRun.id).where(
        PlayRun.workspace_id == Signal.workspace_id, PlayRun.signal_id == Signal.id
    )
    task = select(TaskSignal.task_id).where(
        TaskSignal.workspace_id == Signal.workspace_id, TaskSignal.signal_id == Signal.id
    )
    answered_by_nothing = (Signal.handling_reason == "", ~run.exists(), ~task.exists())
    return session.execute(_open_signals(workspace_id, limit).where(*answered_by_nothing)).all()


def _open_signals(workspace_id: str, limit: int) -> AnySelect:
    return (
        select(Signal, Account.name.label("account_name"), Account.motion)
        .outerjoin(Account, (Account.workspace_id == Signal.workspace_id) & (Account.id == Signal.account_id))
        .where(Signal.workspace_id == workspace_id, Signal.state == "open")
        .order_by(Signal.severity.desc(), Signal.id)
        .limit(limit)
    )


def stuck_deliveries(session: Session, workspace_id: str, since: datetime, limit: int) -> Sequence[AnyRow]:
    """Deliveries that failed, or whose fate is unknown, since a time."""
    return session.execute(
        select(
            Delivery.id,
            Delivery.state,
            Delivery.channel,
            Delivery.recipient,
            Delivery.subject,
            Delivery.reason,
            Delivery.account_id,
            Delivery.created_at,
            Account.name.label("account_name"),
        )
        .outerjoin(
            Account, (Account.workspace_id == Delivery.workspace_id) & (Account.id == Delivery.account_id)
        )
        .where(
            Delivery.workspace_id == workspace_id,
            or_(Delivery.state == "failed", Delivery.state == "unknown"),
            Delivery.created_at >= since,
        )
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(limit)
    ).all()


def quarantine_reasons(session: Session, workspace_id: str, since: datetime, limit: int) -> Sequence[AnyRow]:
    """Refused events since a time, by reason: code, count, an example's message, the latest time."""
    count = func.count().label("count")
    return session.execute(
        select(
            Quarantine.code,
            count,
            func.min(Quarantine.message).label("message"),
            func.max(Quarantine.id).label("latest_id"),
        )
        .where(Quarantine.workspace_id == workspace_id, Quarantine.received_at >= since)
        .group_by(Quarantine.code)
        .order_by(count.desc(), Quarantine.code)
        .limit(limit)
    ).all()


def today(session: Session, workspace_id: str, day: date, midnight: datetime) -> Today:
    """Counts since midnight in the workspace's zone."""
    totals = select(
        func.coalesce(func.sum(IngestDay.accepted), 0),
        func.coalesce(func.sum(IngestDay.duplicate), 0),
        func.coalesce(func.sum(IngestDay.quarantined), 0),
    ).where(IngestDay.workspace_id == workspace_id, IngestDay.day == day)
    accepted, duplicate, quarantined = session.execute(totals).one()
    shown, people = session.execute(
        select(func.count(), func.count(Interaction.user_id.distinct())).where(
            Interaction.workspace_id == workspace_id,
            Interaction.reaction == "shown",
            Interaction.at >= midnight,
        )
    ).one()
    sent = session.scalar(
        select(func.count()).where(
            Delivery.workspace_id == workspace_id,
            Delivery.channel == "email",
            Delivery.state == "sent",
            Delivery.ended_at >= midnight,
        )
    )
    return Today(int(accepted), int(duplicate), int(quarantined), shown, people, sent or 0)
