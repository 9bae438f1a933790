"""Workshops: the list, one with its slots, and one slot with its people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from waypost_server.console import words
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.workshop import DOORS, TOLD
from waypost_server.services.workshop_attendance import mark
from waypost_server.services.workshop_report import overview, report
from waypost_server.services.workshop_slots import SlotGiven, add_slot, cancel_slot, move_slot
from waypost_server.store import workshops as store

PEOPLE = 500


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/workshops", "workshops", workshops)
    blueprint.add_url_rule("/workshops/<ref:key>", "workshop", workshop)
    blueprint.add_url_rule("/workshops/<ref:key>/slots", "slot_add", needs("csm")(add), methods=["POST"])
    blueprint.add_url_rule("/workshop-slots/<ref:slot_id>", "slot", slot)
    for verb, view in (("move", move), ("cancel", cancel), ("attendance", attendance)):
        blueprint.add_url_rule(
            f"/workshop-slots/<ref:slot_id>/{verb}", f"slot_{verb}", needs("csm")(view), methods=["POST"]
        )


def workshops() -> str:
    """Every workshop of the live release."""
    with runtime().db.read() as session:
        rows = overview(session, runtime(), login().workspace_id)
    return render_template("console/workshops.html", rows=rows)


def workshop(key: str) -> str:
    """What it is, when it takes place, and what came of it."""
    with runtime().db.read() as session:
        found = report(session, runtime(), login().workspace_id, key)
        live = runtime().releases.live(session, login().workspace_id)
    titles = {each.key: each.title for each in live.definitions.catalog.features} if live else {}
    titles |= {each.key: each.title for each in live.definitions.journey.milestones} if live else {}
    goal = found.workshop.goal
    return render_template(
        "console/workshop.html",
        workshop=found.workshop,
        slots=found.slots,
        total=found.total,
        goal=titles.get((goal.milestone or goal.feature or "") if goal else "", ""),
        now=words.now(),
        zone=str(words.zone()),
    )


def slot(slot_id: str) -> str:
    """Who is invited, what they said, and who came."""
    who = login()
    with runtime().db.read() as session:
        found = store.slot(session, who.workspace_id, slot_id)
        if found is None:
            abort(404)
        people = store.of_slot(session, who.workspace_id, slot_id, limit=PEOPLE + 1)
        tally = store.tallies(session, who.workspace_id, [slot_id]).get(slot_id, store.Tally())
        live = runtime().releases.live(session, who.workspace_id)
    titles = {each.key: each.title for each in live.definitions.workshops} if live else {}
    now = words.now()
    return render_template(
        "console/workshop_slot.html",
        slot=found,
        title=titles.get(found.workshop, found.workshop),
        people=people[:PEOPLE],
        more=len(people) > PEOPLE,
        tally=tally,
        is_open=found.state == "open" and found.starts_at > now,
        may_mark=found.state == "open" and now >= found.starts_at - DOORS,
        told=TOLD,
        local=found.starts_at.astimezone(zone_of(found.timezone)),
    )


def add(key: str) -> Any:
    """One more slot."""
    form, who = request.form, login()
    made = add_slot(runtime(), who.workspace_id, key, _given(form, str(words.zone())), person=who.user_id)
    flash(f"Added: {words.stamp(made.starts_at)}. Plays invite to it from now on.")
    return redirect(url_for("console.workshop", key=key))


def move(slot_id: str) -> Any:
    """Another time or place."""
    who = login()
    with runtime().db.read() as session:
        found = store.slot(session, who.workspace_id, slot_id)
    if found is None:
        abort(404)
    moved = move_slot(
        runtime(), who.workspace_id, slot_id, _given(request.form, found.timezone), person=who.user_id
    )
    flash(f"It takes place {words.stamp(moved.starts_at)}. Whoever has it in the calendar is told.")
    return redirect(url_for("console.slot", slot_id=slot_id))


def cancel(slot_id: str) -> Any:
    """It does not take place."""
    who = login()
    cancel_slot(
        runtime(), who.workspace_id, slot_id, person=who.user_id, reason=request.form.get("reason", "")
    )
    flash("Cancelled. Whoever has it in the calendar is told.")
    return redirect(url_for("console.slot", slot_id=slot_id))


def attendance(slot_id: str) -> Any:
    """Who of the people on the page came: the ticked ones did, the others did not."""
    who, form = login(), request.form
    came = set(form.getlist("came"))
    shown = set(form.getlist("shown"))
    marked = mark(
        runtime(),
        who.workspace_id,
        slot_id,
        attended=came & shown,
        missed=shown - came,
        person=who.user_id,
    )
    flash(f"{words.plural(marked, 'person', 'people')} marked.")
    return redirect(url_for("console.slot", slot_id=slot_id))


def _given(form: Any, otherwise: str) -> SlotGiven:
    zone = form.get("timezone", "").strip()[:100] or otherwise
    try:
        local = datetime.fromisoformat(form.get("starts_at", ""))
        starts_at = local.replace(tzinfo=zone_of(zone)).astimezone(UTC)
        capacity = int(form["capacity"]) if form.get("capacity", "").strip() else None
    except (ValueError, OverflowError) as error:
        raise BadInputError("Choose day and time, and write places as a number.") from error
    return SlotGiven(starts_at, zone, form.get("place"), capacity)
