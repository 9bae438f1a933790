"""`waypost workshop`: when workshops take place, who comes, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from waypost_server.cli.opened import ACTOR, opened, opened_by
from waypost_server.cli.options import by_option, workspace_option

TIME = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group()
def workshop() -> None:
    """Add, move and cancel slots of workshops; mark who came."""


@workshop.command("list")
@workspace_option
def list_(workspace: str | None) -> None:
    """Every workshop with its slots."""
    from waypost_server.services.workshop_report import overview, report

    with opened(workspace) as (runtime, workspace_id), runtime.db.read() as session:
        found = [
            report(session, runtime, workspace_id, each.workshop.key)
            for each in overview(session, runtime, workspace_id)
        ]
        for each in found:
            click.echo(f"{each.workshop.key}: {each.workshop.title}")
            for slot, tally in each.slots:
                places = f"{slot.taken} of {slot.capacity or 'any number of'} places"
                state = "" if slot.state == "open" else f", {slot.state}: {slot.reason}"
                click.echo(
                    f"  {slot.id}  {slot.starts_at:%Y-%m-%d %H:%M} UTC, {places}, "
                    f"{tally.invited} invited, {tally.attended} came{state}"
                )
    if not found:
        click.echo(
            "No workshops are published. Write them in nudges/workshops and publish with waypost nudges apply."
        )


@workshop.command("add")
@click.argument("key", metavar="WORKSHOP")
@click.option("--start", required=True, type=TIME, help="Where it takes place, such as 2026-12-03T15:00.")
@click.option("--zone", help="IANA name of the time zone; the workspace's without it.")
@click.option("--place", help="A room or a link; the workshop's without it.")
@click.option("--capacity", type=int, help="Places; the workshop's without it.")
@by_option
@workspace_option
def add(
    key: str,
    start: datetime,
    zone: str | None,
    place: str | None,
    capacity: int | None,
    by: str,
    workspace: str | None,
) -> None:
    """Add a slot of WORKSHOP, to which plays invite from now on."""
    from waypost_server.services.workshop_slots import SlotGiven, add_slot

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        with runtime.db.read() as session:
            own = str(runtime.releases.standing(session, workspace_id).zone)
        given = SlotGiven(_at(start, zone or own), zone, place, capacity)
        slot = add_slot(runtime, workspace_id, key, given, person=person, via=ACTOR)
    click.echo(f"{slot.id}: {slot.starts_at:%Y-%m-%d %H:%M} UTC, {slot.capacity or 'any number of'} places.")


@workshop.command("move")
@click.argument("slot")
@click.option("--start", type=TIME, help="The new start, in the slot's zone or --zone.")
@click.option("--zone", help="IANA name of the time zone.")
@click.option("--place", help="A room or a link.")
@click.option("--capacity", type=int, help="Places.")
@by_option
@workspace_option
def move(
    slot: str,
    start: datetime | None,
    zone: str | None,
    place: str | None,
    capacity: int | None,
    by: str,
    workspace: str | None,
) -> None:
    """Change SLOT; who has it in the calendar gets an update."""
    from waypost_server.domain.errors import NotFoundError
    from waypost_server.services.workshop_slots import SlotGiven, move_slot
    from waypost_server.store import workshops

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        with runtime.db.read() as session:
            there = workshops.slot(session, workspace_id, slot)
            if there is None:
                raise NotFoundError("There is no such slot in this workspace.")
            own = there.timezone
        given = SlotGiven(_at(start, zone or own) if start else None, zone, place, capacity)
        moved = move_slot(runtime, workspace_id, slot, given, person=person, via=ACTOR)
    click.echo(f"{moved.id}: {moved.starts_at:%Y-%m-%d %H:%M} UTC, at {moved.place or 'no place'}.")


@workshop.command("cancel")
@click.argument("slot")
@click.option("--reason", required=True, help="Why, in a few words; it stands in the mail.")
@by_option
@workspace_option
def cancel(slot: str, reason: str, by: str, workspace: str | None) -> None:
    """Call SLOT off; calendars drop it."""
    from waypost_server.services.workshop_slots import cancel_slot

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        off = cancel_slot(runtime, workspace_id, slot, person=person, reason=reason, via=ACTOR)
    click.echo(f"{off.id} of {off.workshop} does not take place. Whoever had it in the calendar is told.")


@workshop.command("attendance")
@click.argument("slot")
@click.option("--came", multiple=True, help="User id of somebody who came; may be repeated.")
@click.option("--missed", multiple=True, help="User id of somebody who did not; may be repeated.")
@by_option
@workspace_option
def attendance(
    slot: str, came: tuple[str, ...], missed: tuple[str, ...], by: str, workspace: str | None
) -> None:
    """Say who came to SLOT."""
    from waypost_server.services.workshop_attendance import mark

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        marked = mark(runtime, workspace_id, slot, attended=came, missed=missed, person=person, via=ACTOR)
    click.echo(f"{marked} {'person' if marked == 1 else 'people'} marked.")


def _at(local: datetime, zone: str) -> datetime:
    """A time of the clock on the wall there. What is no zone is told by the service."""
    from waypost_server.domain.local_day import zone_of

    return local.replace(tzinfo=zone_of(zone)).astimezone(UTC)
