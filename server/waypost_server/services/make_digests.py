"""The morning's mail for everybody with open tasks: once each working day where they are, never an empty one."""

from __future__ import annotations

import logging
from datetime import date, timedelta, tzinfo

from waypost_server.domain.local_day import day_of, start_of, zone_of
from waypost_server.domain.notices import digest_day, wants
from waypost_server.services.put_notice import Notice, put_notice
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_notice import Item, digest
from waypost_server.store import task_relay

log = logging.getLogger("waypost.tasks")
MOST = 200


def make_digests(runtime: Runtime) -> int:
    """Make what is due now in every workspace; returns how many."""
    now = runtime.clock()
    with runtime.db.read() as session:
        latest = day_of(now + timedelta(hours=14), zone_of("UTC"))  # the day it is where days begin
        people = task_relay.without_digest(session, latest)
        zones = {
            each: runtime.releases.standing(session, each).zone
            for each in {person.workspace_id for person in people}
        }
    made = 0
    for person in people:
        zone = zones[person.workspace_id]
        zone = zone_of(person.timezone, zone) if person.timezone else zone
        day = digest_day(now, zone, person.digest_on)
        if day is not None:
            made += _make(runtime, person.workspace_id, person.id, zone, day)
    return made


def _make(runtime: Runtime, workspace_id: str, person_id: str, zone: tzinfo, day: date) -> int:
    """The mark and the mail in one transaction. The mark stays when there was nothing: what comes later that day is
    told by itself, not by a digest at noon."""
    with runtime.db.write() as session:
        person = task_relay.begin_digest(session, workspace_id, person_id, day)
        if person is None or not wants(person.notices, "digest"):
            return 0
        found = task_relay.open_of(session, workspace_id, person.id, MOST)
        seen = [Item(task, name) for task, name in found if task.held_at is None]
        if not seen:
            return 0
        midnight, held = start_of(day + timedelta(days=1), zone), len(found) - len(seen)
        subject, body = digest(runtime, seen, zone, midnight=midnight, held=held)
        notice = Notice(subject, body, f"digest:{person.id}:{day}")
        put_notice(session, runtime, workspace_id, channel="email", recipient=person.email, notice=notice)
        runtime.fault("tasks.digest")
    log.info("tasks.digest", extra={"person": person_id})
    return 1
