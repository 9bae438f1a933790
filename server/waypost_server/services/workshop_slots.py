"""When a workshop takes place: people add slots, move them and call them off, and calendars hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Workshop
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.local_day import is_zone
from waypost_server.services import named_person
from waypost_server.services.put_delivery import EMAIL_LIVES
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, deliveries, workshops
from waypost_server.store.tables import WorkshopInvitation, WorkshopSlot

AHEAD = timedelta(days=366)
PLACE, REASON, MOST_PLACES = 500, 300, 100_000


@dataclass(frozen=True, slots=True)
class SlotGiven:
    """What a person says of a slot. None = as the workshop's definition says (a new one), or as it was (a move);
    `timezone` is an IANA name."""

    starts_at: datetime | None = None
    timezone: str | None = None
    place: str | None = None
    capacity: int | None = None


def workshop_of(session: Session, runtime: Runtime, workspace_id: str, key: str) -> Workshop:
    """A workshop of the live release. Raises NotFoundError."""
    live = runtime.releases.live(session, workspace_id)
    found = next((each for each in live.definitions.workshops if each.key == key), None) if live else None
    if found is None:
        raise NotFoundError("There is no such workshop in the live release.")
    return found


def add_slot(
    runtime: Runtime, workspace_id: str, key: str, given: SlotGiven, *, person: str, via: str = ""
) -> WorkshopSlot:
    """A slot to which plays invite from now on. Raises NotFoundError for the workshop, BadInputError."""
    now = runtime.clock()
    with runtime.db.write() as session:
        workshop = workshop_of(session, runtime, workspace_id, key)
        who = named_person.of_id(session, workspace_id, person).id
        zone = given.timezone or str(runtime.releases.standing(session, workspace_id).zone)
        starts_at = _checked(given, zone, now)
        ends_at = starts_at + timedelta(minutes=workshop.minutes)
        slot_id = runtime.new_id()
        workshops.add_slot(
            session,
            {
                "workspace_id": workspace_id,
                "id": slot_id,
                "workshop": key,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "timezone": zone,
                "place": _place(workshop.place if given.place is None else given.place),
                "capacity": workshop.capacity if given.capacity is None else given.capacity,
                "state": "open",
                "created_at": now,
                "follow_up_at": ends_at + workshop.follow_up,
            },
        )
        after = {"workshop": key, "starts_at": starts_at.isoformat(), "via": via}
        _audit(session, runtime, workspace_id, slot_id, who, "slot.add", after)
        return _read(session, workspace_id, slot_id)


def move_slot(
    runtime: Runtime, workspace_id: str, slot_id: str, given: SlotGiven, *, person: str, via: str = ""
) -> WorkshopSlot:
    """Another time, place or number of places; who has it in the calendar gets an update in this person's name.

    Raises NotFoundError, BadInputError (also for fewer places than are taken), and ConflictError when the slot is
    off or has begun.
    """
    now = runtime.clock()
    with runtime.db.write() as session:
        slot = _open(session, workspace_id, slot_id, now)
        who = named_person.of_id(session, workspace_id, person).id
        zone = given.timezone or slot.timezone
        starts_at = _checked(given, zone, now) if given.starts_at else slot.starts_at
        if given.capacity is not None and given.capacity < slot.taken:
            raise BadInputError(f"{slot.taken} places are taken already.", code="bad_capacity")
        values: dict[str, Any] = {
            "starts_at": starts_at,
            "ends_at": starts_at + (slot.ends_at - slot.starts_at),
            "follow_up_at": starts_at + (slot.follow_up_at - slot.starts_at),
            "timezone": zone,
            "place": slot.place if given.place is None else _place(given.place),
            "capacity": slot.capacity if given.capacity is None else given.capacity,
        }
        changed = {name for name, value in values.items() if value != getattr(slot, name)}
        if not changed:
            return slot
        before = {"starts_at": slot.starts_at.isoformat(), "place": slot.place, "capacity": slot.capacity}
        workshops.change_slot(session, workspace_id, slot_id, values)
        after = {"starts_at": starts_at.isoformat(), "changed": sorted(changed), "via": via}
        _audit(session, runtime, workspace_id, slot_id, who, "slot.move", after, before)
        moved = _read(session, workspace_id, slot_id)
        if changed & {"starts_at", "place"}:
            _tell_calendars(session, runtime, moved, "update", who)
    runtime.doorbell.ring()
    return moved


def cancel_slot(
    runtime: Runtime, workspace_id: str, slot_id: str, *, person: str, reason: str, via: str = ""
) -> WorkshopSlot:
    """Call a slot off: invitations that wait are not sent, and calendars drop it. Raises NotFoundError,
    BadInputError without a reason, and ConflictError when it is off already or has begun."""
    now, words = runtime.clock(), reason.replace("\x00", "").strip()[:REASON]
    if not words:
        raise BadInputError("Say in a few words why it does not take place.", code="reason_required")
    with runtime.db.write() as session:
        _open(session, workspace_id, slot_id, now)
        who = named_person.of_id(session, workspace_id, person).id
        values = {"state": "cancelled", "reason": words, "followed_up_at": now}
        workshops.change_slot(session, workspace_id, slot_id, values)
        off = _read(session, workspace_id, slot_id)
        workshops.cancel_unsent(session, workspace_id, slot_id, reason="the workshop was cancelled", now=now)
        _tell_calendars(session, runtime, off, "cancel", who)
        _audit(session, runtime, workspace_id, slot_id, who, "slot.cancel", {"reason": words, "via": via})
    runtime.doorbell.ring()
    return off


def _open(session: Session, workspace_id: str, slot_id: str, now: datetime) -> WorkshopSlot:
    slot = workshops.lock_slot(session, workspace_id, slot_id)
    if slot is None:
        raise NotFoundError("There is no such slot in this workspace.")
    if slot.state != "open" or slot.starts_at <= now:
        what = "is cancelled already" if slot.state != "open" else "has begun"
        raise ConflictError(f"The slot {what}; it cannot be changed.", detail={"state": slot.state})
    return slot


def _read(session: Session, workspace_id: str, slot_id: str) -> WorkshopSlot:
    slot = workshops.slot(session, workspace_id, slot_id)
    assert slot is not None  # this transaction wrote it
    session.expunge(slot)
    return slot


def _checked(given: SlotGiven, zone: str, now: datetime) -> datetime:
    if not is_zone(zone):
        raise BadInputError(
            f"{zone} is no time zone. Write a name such as Europe/Berlin.", code="bad_timezone"
        )
    if given.starts_at is None or not now < given.starts_at <= now + AHEAD:
        raise BadInputError("Choose a start in the future, within a year.", code="bad_start")
    if given.capacity is not None and not 1 <= given.capacity <= MOST_PLACES:
        raise BadInputError(f"Choose between 1 and {MOST_PLACES:,} places.", code="bad_capacity")
    return given.starts_at


def _place(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:PLACE]


def _tell_calendars(
    session: Session,
    runtime: Runtime,
    slot: WorkshopSlot,
    what: Literal["update", "cancel"],
    person: str,
) -> None:
    now = runtime.clock()
    for each in workshops.told(session, slot.workspace_id, slot.id):
        deliveries.put(session, _delivery(runtime, each, slot, what, person, now))


def _delivery(
    runtime: Runtime, one: WorkshopInvitation, slot: WorkshopSlot, what: str, person: str, now: datetime
) -> dict[str, Any]:
    return {
        "workspace_id": one.workspace_id,
        "id": runtime.new_id(),
        "account_id": one.account_id,
        "user_id": one.user_id,
        "release": one.release,
        "channel": "email",
        "kind": "transactional",
        "recipient": one.email,
        "person": person,
        "invitation_id": one.id,
        "calendar": what,
        "dedupe_key": f"workshop:{one.id}:{slot.revision}",
        "state": "pending",
        "not_before": now,
        "expires_at": now + EMAIL_LIVES,
        "created_at": now,
    }


def _audit(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    slot_id: str,
    actor: str,
    action: str,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    entry = audit.Entry(
        runtime.new_id(), runtime.clock(), actor, action, f"slot:{slot_id}", before=before, after=after
    )
    audit.append(session, workspace_id, entry)
