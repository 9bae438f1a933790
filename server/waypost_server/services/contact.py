"""Log that a person of ours was in contact with a customer: a touch that spends the same budget as a digital one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import note as add_note
from waypost_server.store import audit, profiles, tasks, touches
from waypost_server.store.tables import Touch

CHANNELS = ("call", "meeting", "message")
AHEAD = timedelta(minutes=5)  # what clocks may differ by


@dataclass(frozen=True, slots=True)
class Contact:
    """`id` is the client's own: the same one again changes nothing. `user_id` '' = with the account at large.

    `task_id` is the task it was for, if any: the contact is told in its history.
    """

    id: str
    account_id: str
    channel: str
    user_id: str = ""
    at: datetime | None = None  # None = now
    note: str = ""
    task_id: str = ""


def log_contact(runtime: Runtime, workspace_id: str, contact: Contact, *, actor: str) -> Touch:
    """Write it once; the touch as it is stored.

    Raises NotFoundError for an unknown account, user or task, BadInputError for a time to come, and ConflictError
    when the id was used for something else.
    """
    now = runtime.clock()
    if contact.channel not in CHANNELS:
        raise BadInputError(f"A contact is one of {', '.join(CHANNELS)}.", code="bad_channel")
    if not contact.id:
        raise BadInputError("A contact needs an id of its own.", code="bad_id")
    if contact.at is not None and contact.at > now + AHEAD:
        raise BadInputError(
            "A contact is logged when it has happened: at lies in the future.", code="bad_time"
        )
    with runtime.db.write() as session:
        _known(session, workspace_id, contact)
        touch = touches.contact(session, workspace_id, contact.id)
        if touch is not None:
            return _again(touch, contact)
        values = {
            "account_id": contact.account_id,
            "user_id": contact.user_id,
            "channel": contact.channel,
            "at": contact.at or now,
            "by": actor,
            "note": contact.note.strip()[:2000],
        }
        is_new = touches.add_contact(session, workspace_id, contact.id, values)
        if is_new:
            _note(runtime, session, workspace_id, contact, actor)
        touch = touches.contact(session, workspace_id, contact.id)
        if touch is None:
            raise ConflictError("The contact changed meanwhile. Send it again.")
        return _again(touch, contact)  # a parallel request may have been first


def _known(session: Session, workspace_id: str, contact: Contact) -> None:
    if profiles.account(session, workspace_id, contact.account_id) is None:
        raise NotFoundError("There is no such account in this workspace.")
    if contact.user_id and profiles.user(session, workspace_id, contact.user_id) is None:
        raise NotFoundError("There is no such user in this workspace.")
    if contact.task_id:
        task = tasks.find(session, workspace_id, contact.task_id)
        if task is None or task.account_id != contact.account_id:
            raise NotFoundError("There is no such task of this account.")


def _again(touch: Touch, contact: Contact) -> Touch:
    same = (touch.account_id, touch.user_id, touch.channel) == (
        contact.account_id,
        contact.user_id,
        contact.channel,
    )
    if not same:
        raise ConflictError("This id was used for another contact. Make a new one for each contact.")
    return touch


def _note(runtime: Runtime, session: Session, workspace_id: str, contact: Contact, actor: str) -> None:
    after = {"account": contact.account_id, "user": contact.user_id, "channel": contact.channel}
    entry = audit.Entry(
        runtime.new_id(), runtime.clock(), actor, "contact.log", f"contact {contact.id}", after=after
    )
    audit.append(session, workspace_id, entry)
    if contact.task_id:
        said = ": ".join(filter(None, (contact.channel, contact.note.strip())))
        add_note(session, runtime, workspace_id, contact.task_id, actor=actor, kind="contact", note=said)
