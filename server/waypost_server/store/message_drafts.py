"""Messages that wait for a person's word. Every write says which state it expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import MessageDraft


def put(session: Session, values: Mapping[str, Any]) -> None:
    """Add the message of a task that is new."""
    insert_new(session, MessageDraft, values)


def find(session: Session, workspace_id: str, task_id: str) -> MessageDraft | None:
    """The message of a task, as it is now."""
    return session.get(MessageDraft, (workspace_id, task_id), populate_existing=True)


def of_step(session: Session, workspace_id: str, run_id: str, step: int) -> Sequence[MessageDraft]:
    """What a step of a run wants to say, to whom."""
    return session.scalars(
        select(MessageDraft)
        .where(
            MessageDraft.workspace_id == workspace_id,
            MessageDraft.run_id == run_id,
            MessageDraft.step == step,
        )
        .order_by(MessageDraft.task_id)
    ).all()


def move(
    session: Session, workspace_id: str, task_id: str, *, among: str, values: Mapping[str, Any]
) -> MessageDraft | None:
    """Change a message that is in this state; None when it is not."""
    return session.scalar(
        update(MessageDraft)
        .where(
            MessageDraft.workspace_id == workspace_id,
            MessageDraft.task_id == task_id,
            MessageDraft.state == among,
        )
        .values(**values)
        .returning(MessageDraft)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
