"""Workshops: what there is, when it takes place, who is invited, who came, and what came of it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.named_by import BY, person_for, via
from waypost_server.api.rest import (
    Camel,
    Id,
    PageQuery,
    Time,
    Words,
    caller,
    found,
    page_of,
    path_id,
    resource,
)
from waypost_server.services import named_person, workshop_report, workshop_slots
from waypost_server.services.workshop_attendance import MOST, mark
from waypost_server.services.workshop_slots import SlotGiven, add_slot, cancel_slot, move_slot
from waypost_server.store import workshops
from waypost_server.store.workshops import Tally

blueprint = resource("workshops", "Meetings that teach: slots, invitations, attendance, and what came of it.")
STATES = ["draft", "invited", "accepted", "declined", "attended", "missed", "withdrawn"]


class Counts(Camel):
    """People of one slot, or of all slots together."""

    invited = fields.Integer(required=True, strict=True)
    accepted = fields.Integer(required=True, strict=True)
    declined = fields.Integer(required=True, strict=True)
    attended = fields.Integer(required=True, strict=True)
    missed = fields.Integer(required=True, strict=True)
    came_and_did = fields.Integer(
        required=True, strict=True, metadata={"description": "Who came and later does what was taught."}
    )
    came_and_checked = fields.Integer(required=True, strict=True)
    rest_and_did = fields.Integer(
        required=True,
        strict=True,
        metadata={"description": "Who was invited, did not come, and does it anyway."},
    )
    rest_and_checked = fields.Integer(required=True, strict=True)


class Workshop(Camel):
    """A workshop of the live release."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    minutes = fields.Integer(required=True, strict=True)
    capacity = fields.Integer(required=True, strict=True, allow_none=True)
    place = fields.String(required=True)
    next_at = Time(
        required=True, allow_none=True, metadata={"description": "When its next open slot begins."}
    )
    counts = fields.Nested(Counts, required=True)


class WorkshopList(Camel):
    data = fields.List(fields.Nested(Workshop), required=True)


class Slot(Camel):
    """When a workshop takes place."""

    id = fields.String(required=True)
    workshop = fields.String(required=True)
    starts_at = Time(required=True)
    ends_at = Time(required=True)
    timezone = fields.String(required=True)
    place = fields.String(required=True)
    capacity = fields.Integer(required=True, strict=True, allow_none=True)
    taken = fields.Integer(required=True, strict=True)
    state = fields.String(required=True, validate=validate.OneOf(["open", "cancelled"]))
    reason = fields.String(required=True)
    followed_up_at = Time(required=True, allow_none=True)
    counts = fields.Nested(Counts, required=True)


class SlotList(Camel):
    data = fields.List(fields.Nested(Slot), required=True)


class SlotBody(Camel):
    starts_at = Time(required=True)
    timezone = Words(
        100, load_default=None, metadata={"description": "IANA name; the workspace's without it."}
    )
    place = Words(
        workshop_slots.PLACE, load_default=None, metadata={"description": "The workshop's without it."}
    )
    capacity = fields.Integer(load_default=None, strict=True)
    by = Id(required=True, metadata=BY)


class MoveBody(SlotBody):
    starts_at = Time(load_default=None)


class CancelBody(Camel):
    reason = Words(workshop_slots.REASON, least=1, required=True)
    by = Id(required=True, metadata=BY)


class AttendanceBody(Camel):
    attended = fields.List(Id(), load_default=list, validate=validate.Length(max=MOST))
    missed = fields.List(Id(), load_default=list, validate=validate.Length(max=MOST))
    by = Id(required=True, metadata=BY)


class Attendance(Camel):
    marked = fields.Integer(required=True, strict=True, metadata={"description": "How many changed."})


class Invitation(Camel):
    """One person and one slot."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    invited_at = Time(required=True, allow_none=True)
    answered_at = Time(required=True, allow_none=True)
    marked_at = Time(required=True, allow_none=True)
    did = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "What was taught, by the follow-up; null before."},
    )


@blueprint.route("/workshops")
@blueprint.response(200, WorkshopList)
def list_workshops() -> dict[str, Any]:
    """Every workshop of the live release"""
    with runtime().db.read() as session:
        rows = workshop_report.overview(session, runtime(), caller().workspace_id)
    return {
        "data": [
            {
                **{
                    name: getattr(each.workshop, name)
                    for name in ("key", "title", "minutes", "capacity", "place")
                },
                "next_at": each.next_at,
                "counts": each.tally._asdict(),
            }
            for each in rows
        ]
    }


@blueprint.route("/workshops/<workshop>/slots")
@blueprint.response(200, SlotList)
def list_slots(workshop: str) -> dict[str, Any]:
    """The slots of a workshop, the latest first, at most 100"""
    with runtime().db.read() as session:
        report = workshop_report.report(session, runtime(), caller().workspace_id, path_id(workshop))
    return {"data": [_slot(slot, tally) for slot, tally in report.slots]}


@blueprint.route("/workshops/<workshop>/slots", methods=["POST"])
@blueprint.arguments(SlotBody)
@blueprint.response(201, Slot)
def post_slot(given: dict[str, Any], workshop: str) -> dict[str, Any]:
    """Add a slot, to which plays invite from now on"""
    workspace, key = caller().workspace_id, path_id(workshop)
    with runtime().db.read() as session:
        workshop_slots.workshop_of(session, runtime(), workspace, key)
    person = named_person.by_email(runtime(), workspace, given.pop("by"))
    return _slot(add_slot(runtime(), workspace, key, SlotGiven(**given), person=person, via=via()))


@blueprint.route("/workshop-slots/<slot_id>", methods=["PATCH"])
@blueprint.arguments(MoveBody)
@blueprint.response(200, Slot)
def patch_slot(given: dict[str, Any], slot_id: str) -> dict[str, Any]:
    """Move a slot; who has it in the calendar gets an update"""
    slot_id, person = path_id(slot_id), person_for(workshops.slot, slot_id, given.pop("by"))
    return _slot(
        move_slot(runtime(), caller().workspace_id, slot_id, SlotGiven(**given), person=person, via=via())
    )


@blueprint.route("/workshop-slots/<slot_id>/cancel", methods=["POST"])
@blueprint.arguments(CancelBody)
@blueprint.response(200, Slot)
def cancel(given: dict[str, Any], slot_id: str) -> dict[str, Any]:
    """Call a slot off; calendars drop it"""
    slot_id, person = path_id(slot_id), person_for(workshops.slot, slot_id, given["by"])
    return _slot(
        cancel_slot(
            runtime(), caller().workspace_id, slot_id, person=person, reason=given["reason"], via=via()
        )
    )


@blueprint.route("/workshop-slots/<slot_id>/invitations")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(Invitation))
def list_invitations(query: dict[str, Any], slot_id: str) -> dict[str, Any]:
    """Who is invited to a slot, by user id"""
    slot_id, workspace, limit = path_id(slot_id), caller().workspace_id, query["limit"]
    after = cursor.decode(query["cursor"], (str,))
    with runtime().db.read() as session:
        found(workshops.slot(session, workspace, slot_id))
        rows = workshops.of_slot(
            session, workspace, slot_id, after=after[0] if after else "", limit=limit + 1
        )
    shown = [row.WorkshopInvitation for row in rows]
    more = cursor.encode((shown[limit - 1].user_id,)) if len(shown) > limit else None
    return {"data": shown[:limit], "next": more}


@blueprint.route("/workshop-slots/<slot_id>/attendance", methods=["POST"])
@blueprint.arguments(AttendanceBody)
@blueprint.response(200, Attendance)
def attendance(given: dict[str, Any], slot_id: str) -> dict[str, Any]:
    """Say who came, and who did not"""
    slot_id, person = path_id(slot_id), person_for(workshops.slot, slot_id, given.pop("by"))
    return {"marked": mark(runtime(), caller().workspace_id, slot_id, **given, person=person, via=via())}


def _slot(slot: Any, tally: Tally = Tally()) -> dict[str, Any]:  # noqa: B008  # a tuple of zeros
    return {
        **{name: getattr(slot, name) for name in Slot().fields if name != "counts"},
        "counts": tally._asdict(),
    }
