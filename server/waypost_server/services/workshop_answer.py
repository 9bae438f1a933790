"""A person answers an invitation by the link in it: no login, and nothing happens before they press the button."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.workshop import HAS_PLACE, may_answer, place_change
from waypost_server.services import workshop_events
from waypost_server.services.addresses import GONE, read_workshop_token
from waypost_server.services.runtime import Runtime
from waypost_server.services.workshop_invite import lock_account
from waypost_server.services.workshop_mail import Invite, read
from waypost_server.store import workshops


@dataclass(frozen=True, slots=True)
class Page:
    """What the person sees. `is_full`: they would like to come, and there is no place."""

    invite: Invite
    may_answer: bool
    is_full: bool


def see(runtime: Runtime, token: str, locale: str | None) -> Page:
    """What holds now; changes nothing. Raises NotFoundError."""
    workspace_id, invitation_id = read_workshop_token(runtime, token)
    with runtime.db.read() as session:
        try:
            invite = read(session, runtime, workspace_id, invitation_id, locale=locale)
        except NotFoundError as error:
            raise NotFoundError("This invitation does not exist any more.", code=GONE) from error
        slot, said = invite.slot, invite.invitation.state
        now = runtime.clock()
        may = may_answer(said, slot_open=slot.state == "open", starts_at=slot.starts_at, now=now)
        is_full = slot.capacity is not None and slot.taken >= slot.capacity and said not in HAS_PLACE
        session.expunge_all()
    return Page(invite, may, is_full)


def answer(runtime: Runtime, token: str, *, yes: bool, locale: str | None) -> Page:
    """Say yes or no; saying the same again changes nothing. A yes takes a place, if there is one.

    Raises NotFoundError.
    """
    workspace_id, invitation_id = read_workshop_token(runtime, token)
    with runtime.db.write() as session:
        lock_account(session, workspace_id, invitation_id)
        found = workshops.lock_invitation(session, workspace_id, invitation_id)
        slot = workshops.slot(session, workspace_id, found.slot_id) if found else None
        if found is not None and slot is not None:
            now, state = runtime.clock(), "accepted" if yes else "declined"
            may = may_answer(found.state, slot_open=slot.state == "open", starts_at=slot.starts_at, now=now)
            change = place_change(found.state, state)
            if may and found.state != state and _place(session, slot.workspace_id, slot.id, change):
                found.state, found.answered_at = state, now
                session.flush()
                workshop_events.tell(
                    session, runtime, found, "accepted" if yes else "declined", once=runtime.new_id()
                )
    runtime.doorbell.ring()
    return see(runtime, token, locale)


def _place(session: Session, workspace_id: str, slot_id: str, change: int) -> bool:
    if change > 0:
        return workshops.take_place(session, workspace_id, slot_id)
    workshops.change_places(session, workspace_id, slot_id, change)
    return True
