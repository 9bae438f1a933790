"""Read models of plays: their runs, and one run as a story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, Delivery, NudgeGrant, PlayRun, Signal, StepRun, Task
from waypost_server.store.types import AnyRow, AnySelect


def counts(session: Session, workspace_id: str) -> dict[str, dict[str, int]]:
    """Per play: runs by state while they run, by outcome when they ended, and "total"."""
    rows = session.execute(
        select(PlayRun.play, PlayRun.state, PlayRun.outcome, func.count().label("runs"))
        .where(PlayRun.workspace_id == workspace_id)
        .group_by(PlayRun.play, PlayRun.state, PlayRun.outcome)
    )
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        found[row.play]["total"] += row.runs
        found[row.play]["open" if row.state != "ended" else row.outcome or "completed"] += row.runs
    return found


def runs(
    session: Session,
    workspace_id: str,
    *,
    play: str | None = None,
    account_id: str | None = None,
    standing: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[AnyRow]:
    """Runs of a play or of an account, the newest first; `after` is the id of the last one seen.

    `standing` is "open" for those under way, or an outcome.
    """
    query = _rows(workspace_id)
    if standing is not None:
        query = query.where(PlayRun.state != "ended" if standing == "open" else PlayRun.outcome == standing)
    if play is not None:
        query = query.where(PlayRun.play == play)
    if account_id is not None:
        query = query.where(PlayRun.account_id == account_id)
    if after is not None:
        seen = session.get(PlayRun, (workspace_id, after))
        if seen is not None:
            query = query.where(
                or_(
                    PlayRun.started_at < seen.started_at,
                    (PlayRun.started_at == seen.started_at) & (PlayRun.id < after),
                )
            )
    return session.execute(query.order_by(PlayRun.started_at.desc(), PlayRun.id.desc()).limit(limit)).all()


def run(session: Session, workspace_id: str, run_id: str) -> AnyRow | None:
    """One run with its account and the signal that started it."""
    return session.execute(
        _rows(workspace_id)
        .add_columns(
            Signal.kind.label("signal_kind"),
            Signal.evidence,
            Signal.severity,
            Signal.since,
        )
        .outerjoin(Signal, (Signal.workspace_id == PlayRun.workspace_id) & (Signal.id == PlayRun.signal_id))
        .where(PlayRun.id == run_id)
    ).one_or_none()


def story(session: Session, workspace_id: str, run_id: str) -> Sequence[StepRun]:
    """What each step did, in order."""
    return session.scalars(
        select(StepRun)
        .where(StepRun.workspace_id == workspace_id, StepRun.run_id == run_id)
        .order_by(StepRun.seq)
        .limit(200)
    ).all()


def grants(session: Session, workspace_id: str, run_id: str) -> Sequence[NudgeGrant]:
    """The nudges a run handed out."""
    return session.scalars(
        select(NudgeGrant)
        .where(NudgeGrant.workspace_id == workspace_id, NudgeGrant.run_id == run_id)
        .limit(50)
    ).all()


def tasks(session: Session, workspace_id: str, run_id: str) -> Sequence[Task]:
    """The tasks a run made."""
    return session.scalars(
        select(Task).where(Task.workspace_id == workspace_id, Task.run_id == run_id).limit(50)
    ).all()


def deliveries(session: Session, workspace_id: str, run_id: str) -> Sequence[AnyRow]:
    """The messages a run made."""
    return session.execute(
        select(
            Delivery.id,
            Delivery.channel,
            Delivery.recipient,
            Delivery.subject,
            Delivery.state,
            Delivery.reason,
            Delivery.created_at,
            Delivery.ended_at,
        )
        .where(Delivery.workspace_id == workspace_id, Delivery.run_id == run_id)
        .order_by(Delivery.created_at, Delivery.id)
        .limit(100)
    ).all()


def _rows(workspace_id: str) -> AnySelect:
    return (
        select(PlayRun, Account.name.label("account_name"))
        .outerjoin(
            Account, (Account.workspace_id == PlayRun.workspace_id) & (Account.id == PlayRun.account_id)
        )
        .where(PlayRun.workspace_id == workspace_id)
    )
