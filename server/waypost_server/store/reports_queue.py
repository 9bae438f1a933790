"""Read models of the queue: tasks in the order to work them, and one task with its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, ConsoleUser, Signal, Task, TaskEvent
from waypost_server.store.types import AnyRow, AnySelect

VIEWS = {
    "open": ("open", "acknowledged"),
    "held": ("open",),
    "snoozed": ("snoozed",),
    "closed": ("done", "dismissed", "resolved"),
}
URGENCY = Task.severity * case((Task.value > 1, Task.value), else_=1)  # severity × value


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row seen: its place in the order."""

    rank: float
    id: str


def page(
    session: Session,
    workspace_id: str,
    *,
    view: str,
    owner: str | None,
    after: Cursor | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Tasks of a view, the most urgent first (closed ones: the newest first). `owner=None` is the team.

    A lead's own are also those that were escalated to them.
    """
    rank = URGENCY
    query = _rows(workspace_id).where(Task.state.in_(VIEWS[view])).add_columns(rank.label("rank"))
    if view in ("open", "held"):
        query = query.where(Task.held_at.is_(None) if view == "open" else Task.held_at.is_not(None))
    if owner is not None:
        query = query.where(_of(owner))
    if view == "closed":
        query = _closed_after(query, session, workspace_id, after)
        return session.execute(query.order_by(Task.ended_at.desc(), Task.id.desc()).limit(limit)).all()
    if after is not None:
        query = query.where(or_(rank < after.rank, and_(rank == after.rank, Task.id > after.id)))
    return session.execute(query.order_by(rank.desc(), Task.id).limit(limit)).all()


def counts(session: Session, workspace_id: str, owner: str) -> dict[str, int]:
    """How many tasks: mine and the team's, open, held and snoozed."""
    mine = case((_of(owner), 1), else_=0)
    name = case(
        (Task.state == "snoozed", "snoozed"), (Task.held_at.is_not(None), "held"), else_="open"
    ).label("name")
    rows = session.execute(
        select(name, func.count().label("team"), func.sum(mine).label("mine"))
        .where(Task.workspace_id == workspace_id, Task.state.in_(("open", "acknowledged", "snoozed")))
        .group_by(name)
    )
    found = {f"{whose}_{view}": 0 for whose in ("mine", "team") for view in ("open", "held", "snoozed")}
    for row in rows:
        found[f"mine_{row.name}"] += int(row.mine)
        found[f"team_{row.name}"] += row.team
    return found


def _of(owner: str) -> ColumnElement[bool]:
    return or_(Task.owner == owner, Task.escalated_to == owner)


def one(session: Session, workspace_id: str, task_id: str) -> AnyRow | None:
    """One task with account, owner and signal."""
    return session.execute(_rows(workspace_id).where(Task.id == task_id)).one_or_none()


def history(session: Session, workspace_id: str, task_id: str, limit: int = 50) -> Sequence[TaskEvent]:
    """What happened to a task, the newest first."""
    return session.scalars(
        select(TaskEvent)
        .where(TaskEvent.workspace_id == workspace_id, TaskEvent.task_id == task_id)
        .order_by(TaskEvent.id.desc())
        .limit(limit)
    ).all()


def _rows(workspace_id: str) -> AnySelect:
    return (
        select(
            Task,
            Account.name.label("account_name"),
            Account.motion,
            Account.segment,
            Account.renewal_on,
            Account.last_day,
            ConsoleUser.name.label("owner_name"),
            ConsoleUser.away_until.label("owner_back_on"),
            ConsoleUser.timezone.label("owner_timezone"),
            Signal.kind.label("signal_kind"),
            Signal.since.label("signal_since"),
            Signal.evidence.label("signal_evidence"),
        )
        .outerjoin(Account, (Account.workspace_id == Task.workspace_id) & (Account.id == Task.account_id))
        .outerjoin(
            ConsoleUser, (ConsoleUser.workspace_id == Task.workspace_id) & (ConsoleUser.id == Task.owner)
        )
        .outerjoin(Signal, (Signal.workspace_id == Task.workspace_id) & (Signal.id == Task.signal_id))
        .where(Task.workspace_id == workspace_id)
    )


def _closed_after(query: AnySelect, session: Session, workspace_id: str, after: Cursor | None) -> AnySelect:
    if after is None:
        return query
    ended = session.scalar(
        select(Task.ended_at).where(Task.workspace_id == workspace_id, Task.id == after.id)
    )
    if ended is None:
        return query
    return query.where(or_(Task.ended_at < ended, and_(Task.ended_at == ended, Task.id < after.id)))
