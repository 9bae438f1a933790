"""The host says who came. Their word counts over what people answered, and may be changed."""

from __future__ import annotations

from collections.abc import Collection

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.workshop import DOORS, TOLD, State, place_change
from waypost_server.services import named_person, workshop_events
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, play_runs, workshops

MOST = 500  # people marked in one call


def mark(
    runtime: Runtime,
    workspace_id: str,
    slot_id: str,
    *,
    attended: Collection[str] = (),
    missed: Collection[str] = (),
    person: str,
    via: str = "",
) -> int:
    """Note who of the invited users came and who did not; how many were marked anew. The same again changes nothing.

    Raises NotFoundError, BadInputError for somebody who is not invited, and ConflictError before the doors are open.
    """
    wanted: dict[str, State] = {
        **dict.fromkeys(missed, "missed"),
        **dict.fromkeys(attended, "attended"),
    }
    if len(wanted) > MOST:
        raise BadInputError(f"Mark at most {MOST} people at once.", code="too_many")
    if set(attended) & set(missed):
        raise BadInputError("Somebody both came and stayed away.", code="bad_attendance")
    with runtime.db.write() as session:
        slot = workshops.slot(session, workspace_id, slot_id)
        if slot is None:
            raise NotFoundError("There is no such slot in this workspace.")
        now = runtime.clock()
        if slot.state != "open" or now < slot.starts_at - DOORS:
            message = "It was cancelled." if slot.state != "open" else "It has not begun yet."
            raise ConflictError(f"{message} Nobody can have come.")
        who = named_person.of_id(session, workspace_id, person).id
        plain = workshops.of_slot_users(session, workspace_id, slot_id, wanted)
        play_runs.lock_accounts(session, workspace_id, {account for _, account in plain})
        found = workshops.of_users(session, workspace_id, slot_id, wanted)
        unknown = set(wanted) - {each.user_id for each in found if each.state in TOLD}
        if unknown:
            raise BadInputError(
                f"Not invited to this slot: {', '.join(sorted(unknown)[:5])}.", code="not_invited"
            )
        changed = [each for each in found if each.state != wanted[each.user_id]]
        places = 0
        for each in changed:
            state = wanted[each.user_id]
            places += place_change(each.state, state)
            each.state, each.marked_at = state, now
        session.flush()
        for each in changed:
            if each.state == "attended":
                workshop_events.tell(session, runtime, each, "attended", once="1")
        workshops.change_places(session, workspace_id, slot_id, places)
        if changed:
            said = {
                state: sorted(u for u in wanted if wanted[u] == state)[:50]
                for state in ("attended", "missed")
            }
            entry = audit.Entry(
                runtime.new_id(), now, who, "slot.attendance", f"slot:{slot_id}", after={**said, "via": via}
            )
            audit.append(session, workspace_id, entry)
    runtime.doorbell.ring()
    return len(changed)
