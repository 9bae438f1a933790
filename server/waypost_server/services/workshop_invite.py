"""A play invites people to a workshop: one row for each, and a message by the same rules as every e-mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import WorkshopStep
from waypost_server.domain.errors import ConflictError
from waypost_server.domain.play_machine import automation_allowed
from waypost_server.domain.workshop import NOTICE
from waypost_server.services import workshop_events
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_runs, workshops
from waypost_server.store.recipients import Person
from waypost_server.store.tables import Delivery, MessageDraft, WorkshopInvitation, WorkshopSlot


def slot_for(context: RunContext, step: WorkshopStep) -> WorkshopSlot | None:
    """The slot that a step invites to now."""
    return workshops.first_with_room(
        context.session,
        context.workspace_id,
        step.workshop,
        after=context.now + NOTICE,
        before=context.now + timedelta(days=step.within_days),
        planned_by=context.now,
    )


def uninvited(
    context: RunContext, step: WorkshopStep, slot: WorkshopSlot, people: list[Person]
) -> list[Person]:
    """Those who need an invitation: who came before, or has one that is open, does not."""
    busy = workshops.busy(
        context.session,
        context.workspace_id,
        step.workshop,
        {person.user_id for person in people},
        slot_id=slot.id,
        now=context.now,
    )
    return [person for person in people if person.user_id not in busy]


def invite(context: RunContext, slot: WorkshopSlot, person: Person) -> str:
    """One person's invitation; its id. What software may not send waits for a person of ours first."""
    is_sent = automation_allowed(context.account.motion)
    values: dict[str, Any] = {
        "workspace_id": context.workspace_id,
        "id": context.runtime.new_id(),
        "slot_id": slot.id,
        "workshop": slot.workshop,
        "account_id": context.account.id,
        "user_id": person.user_id,
        "email": person.email,
        "release": context.release.number,
        "state": "invited" if is_sent else "draft",
        "invited_at": context.now if is_sent else None,
    }
    workshops.invite(context.session, values)
    if is_sent:
        workshop_events.tell(
            context.session, context.runtime, WorkshopInvitation(**values), "invited", once="1"
        )
    return str(values["id"])


def may_be_sent(session: Session, workspace_id: str, invitation_id: str, now: datetime) -> None:
    """Before a person of ours sends the draft of an invitation: holds its account. Raises ConflictError when the
    slot is off or has begun."""
    lock_account(session, workspace_id, invitation_id)
    found = workshops.invitation(session, workspace_id, invitation_id)
    slot = workshops.slot(session, workspace_id, found.slot_id) if found else None
    if slot is None or slot.state != "open" or slot.starts_at <= now:
        raise ConflictError(
            "This workshop was cancelled or has begun. Skip the message, saying so.", code="workshop_over"
        )


def change(session: Session, draft: MessageDraft, before: str, after: str) -> None:
    """The invitation that a draft carries, if any, goes from one state to another."""
    if draft.invitation_id:
        workshops.move(
            session, draft.workspace_id, draft.invitation_id, among=(before,), values={"state": after}
        )


def held_back(session: Session, row: Delivery) -> None:
    """The account became strategic before the invitation left: it is a draft now."""
    if row.invitation_id:
        workshops.move(
            session, row.workspace_id, row.invitation_id, among=("invited",), values={"state": "draft"}
        )


def lock_account(session: Session, workspace_id: str, invitation_id: str) -> None:
    """Hold the account of an invitation, before anything of it is written: accounts come first everywhere."""
    found = workshops.invitation(session, workspace_id, invitation_id)
    if found is not None:
        play_runs.lock_accounts(session, workspace_id, {found.account_id})


def sent_by_person(session: Session, runtime: Runtime, workspace_id: str, invitation_id: str) -> None:
    """A person of ours sends the draft of an invitation. The account's row is locked."""
    values = {"state": "invited", "invited_at": runtime.clock()}
    if workshops.move(session, workspace_id, invitation_id, among=("draft",), values=values):
        found = workshops.invitation(session, workspace_id, invitation_id)
        assert found is not None  # it was just moved
        workshop_events.tell(session, runtime, found, "invited", once="1")
