"""Slots of workshops and the people invited to them. A place is taken by one conditional write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, func, insert, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.domain.workshop import TOLD
from waypost_server.store.tables import Account, Delivery, EndUser
from waypost_server.store.tables import WorkshopInvitation as Invitation
from waypost_server.store.tables import WorkshopSlot as Slot
from waypost_server.store.types import AnyRow
from waypost_server.store.written import written


class Tally(NamedTuple):
    """Of one slot: how many were invited, said yes or no, came, stayed away; and of those looked at later, how many
    do what was taught, among those who came and among the rest."""

    invited: int = 0
    accepted: int = 0
    declined: int = 0
    attended: int = 0
    missed: int = 0
    came_and_did: int = 0
    came_and_checked: int = 0
    rest_and_did: int = 0
    rest_and_checked: int = 0


# --- slots ----------------------------------------------------------------------------------------
def add_slot(session: Session, values: Mapping[str, Any]) -> None:
    """A new slot."""
    session.execute(insert(Slot).values(**values))


def slot(session: Session, workspace_id: str, slot_id: str) -> Slot | None:
    """One slot as it stands now."""
    return session.get(Slot, (workspace_id, slot_id), populate_existing=True)


def lock_slot(session: Session, workspace_id: str, slot_id: str) -> Slot | None:
    """One slot, held until the transaction ends."""
    return session.scalar(
        select(Slot)
        .where(Slot.workspace_id == workspace_id, Slot.id == slot_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def slots(session: Session, workspace_id: str, workshop: str, *, limit: int) -> Sequence[Slot]:
    """Slots of a workshop, the latest first."""
    return session.scalars(
        select(Slot)
        .where(Slot.workspace_id == workspace_id, Slot.workshop == workshop)
        .order_by(Slot.starts_at.desc(), Slot.id)
        .limit(limit)
    ).all()


def next_slots(session: Session, workspace_id: str, *, now: datetime) -> dict[str, datetime]:
    """Workshop → when its next open slot begins."""
    rows = session.execute(
        select(Slot.workshop, func.min(Slot.starts_at))
        .where(Slot.workspace_id == workspace_id, Slot.state == "open", Slot.starts_at > now)
        .group_by(Slot.workshop)
    )
    return {row[0]: row[1] for row in rows}


def first_with_room(
    session: Session,
    workspace_id: str,
    workshop: str,
    *,
    after: datetime,
    before: datetime,
    planned_by: datetime,
) -> Slot | None:
    """The first open slot with a free place that begins in a time and was planned by a moment."""
    return session.scalar(
        select(Slot)
        .where(
            Slot.workspace_id == workspace_id,
            Slot.workshop == workshop,
            Slot.state == "open",
            Slot.starts_at >= after,
            Slot.starts_at <= before,
            Slot.created_at <= planned_by,
            or_(Slot.capacity.is_(None), Slot.taken < Slot.capacity),
        )
        .order_by(Slot.starts_at, Slot.id)
        .limit(1)
    )


def change_slot(session: Session, workspace_id: str, slot_id: str, values: Mapping[str, Any]) -> None:
    """Write values of a slot that the caller holds; its revision goes up."""
    session.execute(
        update(Slot)
        .where(Slot.workspace_id == workspace_id, Slot.id == slot_id)
        .values(revision=Slot.revision + 1, **values)
        .execution_options(synchronize_session=False)
    )


def take_place(session: Session, workspace_id: str, slot_id: str) -> bool:
    """One more place, if there is one. However many ask at once, no more are given than there are."""
    return bool(
        written(
            session,
            update(Slot)
            .where(
                Slot.workspace_id == workspace_id,
                Slot.id == slot_id,
                Slot.state == "open",
                or_(Slot.capacity.is_(None), Slot.taken < Slot.capacity),
            )
            .values(taken=Slot.taken + 1)
            .execution_options(synchronize_session=False),
        )
    )


def change_places(session: Session, workspace_id: str, slot_id: str, by: int) -> None:
    """Places that are given back, or taken whatever the limit says: who came, came."""
    if by:
        session.execute(
            update(Slot)
            .where(Slot.workspace_id == workspace_id, Slot.id == slot_id)
            .values(taken=Slot.taken + by)
            .execution_options(synchronize_session=False)
        )


# --- invitations ----------------------------------------------------------------------------------
def invite(session: Session, values: Mapping[str, Any]) -> None:
    """A new invitation."""
    session.execute(insert(Invitation).values(**values))


def invitation(session: Session, workspace_id: str, invitation_id: str) -> Invitation | None:
    """One invitation as it stands now."""
    return session.get(Invitation, (workspace_id, invitation_id), populate_existing=True)


def lock_invitation(session: Session, workspace_id: str, invitation_id: str) -> Invitation | None:
    """One invitation, held until the transaction ends."""
    return session.scalar(
        select(Invitation)
        .where(Invitation.workspace_id == workspace_id, Invitation.id == invitation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def busy(
    session: Session, workspace_id: str, workshop: str, users: Collection[str], *, slot_id: str, now: datetime
) -> set[str]:
    """Which of these people need no invitation: they came to this workshop, have one to the slot, or an open one."""
    rows = session.scalars(
        select(Invitation.user_id)
        .join(Slot, and_(Slot.workspace_id == Invitation.workspace_id, Slot.id == Invitation.slot_id))
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.workshop == workshop,
            Invitation.user_id.in_(users),
            or_(
                Invitation.state == "attended",
                Invitation.slot_id == slot_id,
                and_(
                    Invitation.state.in_(("draft", "invited", "accepted")),
                    Slot.state == "open",
                    Slot.starts_at > now,
                ),
            ),
        )
    )
    return set(rows)


def of_slot(
    session: Session, workspace_id: str, slot_id: str, *, after: str = "", limit: int = 500
) -> Sequence[AnyRow]:
    """(invitation, user's name, account's name), by user's id."""
    return session.execute(
        select(Invitation, EndUser.name.label("name"), Account.name.label("account_name"))
        .outerjoin(
            EndUser,
            and_(EndUser.workspace_id == Invitation.workspace_id, EndUser.id == Invitation.user_id),
        )
        .outerjoin(
            Account,
            and_(Account.workspace_id == Invitation.workspace_id, Account.id == Invitation.account_id),
        )
        .where(
            Invitation.workspace_id == workspace_id, Invitation.slot_id == slot_id, Invitation.user_id > after
        )
        .order_by(Invitation.user_id)
        .limit(limit)
    ).all()


def of_users(
    session: Session, workspace_id: str, slot_id: str, users: Collection[str]
) -> Sequence[Invitation]:
    """Invitations of these people to a slot, held until the transaction ends."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.slot_id == slot_id,
            Invitation.user_id.in_(users),
        )
        .order_by(Invitation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def of_slot_users(
    session: Session, workspace_id: str, slot_id: str, users: Collection[str]
) -> list[tuple[str, str]]:
    """(user, account) of these people's invitations to a slot."""
    rows = session.execute(
        select(Invitation.user_id, Invitation.account_id).where(
            Invitation.workspace_id == workspace_id,
            Invitation.slot_id == slot_id,
            Invitation.user_id.in_(users),
        )
    )
    return [(row[0], row[1]) for row in rows]


def told(session: Session, workspace_id: str, slot_id: str) -> Sequence[Invitation]:
    """Those who have the slot in their calendar, or may have: invited or with a yes, and a mail that left."""
    left = (
        select(Delivery.id)
        .where(
            Delivery.workspace_id == Invitation.workspace_id,
            Delivery.invitation_id == Invitation.id,
            Delivery.calendar == "request",
            Delivery.state.in_(("sending", "sent", "unknown")),
        )
        .exists()
    )
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.slot_id == slot_id,
            Invitation.state.in_(("invited", "accepted")),
            left,
        )
        .order_by(Invitation.id)
    ).all()


def move(
    session: Session,
    workspace_id: str,
    invitation_id: str,
    *,
    among: Collection[str],
    values: Mapping[str, Any],
) -> bool:
    """Change an invitation that is in one of these states; False when it is not."""
    return bool(
        written(
            session,
            update(Invitation)
            .where(
                Invitation.workspace_id == workspace_id,
                Invitation.id == invitation_id,
                Invitation.state.in_(among),
            )
            .values(**values)
            .execution_options(synchronize_session=False),
        )
    )


def cancel_unsent(session: Session, workspace_id: str, slot_id: str, *, reason: str, now: datetime) -> None:
    """Invitations to a slot that have not left are not sent."""
    mine = select(Invitation.id).where(Invitation.workspace_id == workspace_id, Invitation.slot_id == slot_id)
    session.execute(
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.invitation_id.in_(mine),
            Delivery.state.in_(("pending", "awaiting_approval")),
        )
        .values(state="cancelled", reason=reason, ended_at=now)
        .execution_options(synchronize_session=False)
    )


# --- what came of it ------------------------------------------------------------------------------
def tallies(session: Session, workspace_id: str, slot_ids: Collection[str]) -> dict[str, Tally]:
    """By slot; one without invitations has no entry."""
    return _tallies(session, workspace_id, Invitation.slot_id, Invitation.slot_id.in_(slot_ids))


def tallies_of_workshops(
    session: Session, workspace_id: str, workshop: str | None = None
) -> dict[str, Tally]:
    """By workshop (all, or one), over all its slots; one without invitations has no entry."""
    which = [Invitation.workshop == workshop] if workshop is not None else []
    return _tallies(session, workspace_id, Invitation.workshop, *which)


def _tallies(session: Session, workspace_id: str, by: Any, *where: Any) -> dict[str, Tally]:
    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    state, checked, came = (
        Invitation.state,
        Invitation.checked_at.is_not(None),
        Invitation.state == "attended",
    )
    rows = session.execute(
        select(
            by,
            count(state.in_(TOLD)),
            count(state == "accepted"),
            count(state == "declined"),
            count(came),
            count(state == "missed"),
            count(came & checked & Invitation.did.is_(True)),
            count(came & checked),
            count(~came & checked & Invitation.did.is_(True)),
            count(~came & checked),
        )
        .where(Invitation.workspace_id == workspace_id, *where)
        .group_by(by)
    )
    return {of: Tally(*(int(each) for each in rest)) for of, *rest in rows}


def due_follow_ups(session: Session, *, now: datetime, limit: int) -> Sequence[Slot]:
    """Slots of every workspace at whose people it is time to look."""
    return session.scalars(
        select(Slot)
        .where(Slot.followed_up_at.is_(None), Slot.follow_up_at <= now)
        .order_by(Slot.follow_up_at)
        .limit(limit)
    ).all()


def unchecked(session: Session, workspace_id: str, slot_id: str, *, limit: int) -> Sequence[Invitation]:
    """Of a slot, those who were told of it and have not been looked at."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.slot_id == slot_id,
            Invitation.state.in_(TOLD),
            Invitation.checked_at.is_(None),
        )
        .order_by(Invitation.user_id)
        .limit(limit)
    ).all()


def check(
    session: Session, workspace_id: str, invitation_ids: Collection[str], *, did: bool, now: datetime
) -> None:
    """Note whether these people do what was taught. Once noted, it stays."""
    if invitation_ids:
        session.execute(
            update(Invitation)
            .where(
                Invitation.workspace_id == workspace_id,
                Invitation.id.in_(invitation_ids),
                Invitation.checked_at.is_(None),
            )
            .values(did=did, checked_at=now)
            .execution_options(synchronize_session=False)
        )


def close_follow_up(session: Session, workspace_id: str, slot_id: str, *, now: datetime) -> None:
    """Everybody has been looked at."""
    session.execute(
        update(Slot)
        .where(Slot.workspace_id == workspace_id, Slot.id == slot_id)
        .values(followed_up_at=now)
        .execution_options(synchronize_session=False)
    )
