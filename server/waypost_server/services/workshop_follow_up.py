"""Some days after a workshop: do those who came do what it taught, and those who were invited and did not come?"""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Goal
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.goals import goal_reached
from waypost_server.services.runtime import Runtime
from waypost_server.services.workshop_slots import workshop_of
from waypost_server.store import workshops
from waypost_server.store.tables import WorkshopSlot

log = logging.getLogger("waypost.workshops")
SLOTS, PEOPLE = 20, 200  # looked at in one sweep, and of one slot


def follow_up(runtime: Runtime) -> int:
    """Look at people of slots whose time has come, in every workspace; how many. Safe to repeat at any time."""
    now = runtime.clock()
    with runtime.db.read() as session:
        due = workshops.due_follow_ups(session, now=now, limit=SLOTS)
        session.expunge_all()
    return sum(_look_at(runtime, slot) for slot in due)


def _look_at(runtime: Runtime, slot: WorkshopSlot) -> int:
    now, workspace_id = runtime.clock(), slot.workspace_id
    with runtime.db.write() as session:
        people = workshops.unchecked(session, workspace_id, slot.id, limit=PEOPLE)
        goal = _goal(session, runtime, slot)
        did: dict[bool, list[str]] = {True: [], False: []}
        for each in people if goal is not None else ():
            reached = goal_reached(
                session,
                runtime,
                workspace_id,
                each.account_id,
                goal=goal,
                since=slot.starts_at,
                user_id=each.user_id,
            )
            did[reached].append(each.id)
        for answer, ids in did.items():
            workshops.check(session, workspace_id, ids, did=answer, now=now)
        if goal is None or len(people) < PEOPLE:
            workshops.close_follow_up(session, workspace_id, slot.id, now=now)
    log.info("workshop.followed_up", extra={"slot": slot.id, "people": len(people)})
    return len(people)


def _goal(session: Session, runtime: Runtime, slot: WorkshopSlot) -> Goal | None:
    try:
        return workshop_of(session, runtime, slot.workspace_id, slot.workshop).goal
    except NotFoundError:  # the live release knows the workshop no more: there is nothing to look for
        return None
