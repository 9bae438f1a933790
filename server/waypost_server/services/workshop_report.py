"""Workshops as people look at them: each with its next slot and what came of all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Workshop
from waypost_server.services.runtime import Runtime
from waypost_server.services.workshop_slots import workshop_of
from waypost_server.store import workshops
from waypost_server.store.tables import WorkshopSlot
from waypost_server.store.workshops import Tally

SLOTS = 100  # of one workshop, the latest


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list."""

    workshop: Workshop
    next_at: datetime | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Report:
    """One workshop with its slots, the latest first, and the sum over all that ever were."""

    workshop: Workshop
    slots: tuple[tuple[WorkshopSlot, Tally], ...]
    total: Tally


def overview(session: Session, runtime: Runtime, workspace_id: str) -> list[Summary]:
    """Every workshop of the live release."""
    live = runtime.releases.live(session, workspace_id)
    upcoming = workshops.next_slots(session, workspace_id, now=runtime.clock())
    tallies = workshops.tallies_of_workshops(session, workspace_id)
    return [
        Summary(each, upcoming.get(each.key), tallies.get(each.key, Tally()))
        for each in (live.definitions.workshops if live else ())
    ]


def report(session: Session, runtime: Runtime, workspace_id: str, key: str) -> Report:
    """One workshop. Raises NotFoundError."""
    workshop = workshop_of(session, runtime, workspace_id, key)
    found = workshops.slots(session, workspace_id, key, limit=SLOTS)
    tallies = workshops.tallies(session, workspace_id, [each.id for each in found])
    total = workshops.tallies_of_workshops(session, workspace_id, key).get(key, Tally())
    return Report(workshop, tuple((each, tallies.get(each.id, Tally())) for each in found), total)
