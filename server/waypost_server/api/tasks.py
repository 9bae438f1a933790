"""Tasks: the CSM queue, to read and to act on."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import EXCLUDE, fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
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
from waypost_server.domain.errors import BadInputError, NoVersionError
from waypost_server.services import tasks
from waypost_server.services.mirror_task import Change, mirror_task
from waypost_server.services.task_moves import By
from waypost_server.store import listing, profiles

blueprint = resource("tasks", "Work items for CSMs, with evidence and a draft message.")
STATES = ["open", "acknowledged", "snoozed", "done", "dismissed", "resolved"]


class TaskQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    owner = Id(load_default=None, metadata={"description": "The console user's id of the CSM."})
    account_id = Id(load_default=None)


class Task(Camel):
    """A work item for a CSM."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    owner = fields.String(required=True, allow_none=True, metadata={"description": "Null: the team's queue."})
    severity = fields.Float(required=True, metadata={"description": "0 to 1."})
    value = fields.Float(required=True, metadata={"description": "The account's yearly value."})
    due_at = Time(required=True)
    snoozed_until = Time(required=True, allow_none=True)
    held_at = Time(
        required=True,
        allow_none=True,
        metadata={"description": "Held back since: its owner has no room this week."},
    )
    escalated_at = Time(
        required=True, allow_none=True, metadata={"description": "Overdue, and told to the lead."}
    )
    escalated_to = fields.String(required=True, allow_none=True)
    next_step = fields.String(
        required=True, metadata={"description": "What the play suggests; else the account's next best step."}
    )
    external_id = fields.String(required=True, metadata={"description": "Its id in your CRM."})
    version = fields.Integer(required=True, metadata={"description": "Grows with every change."})
    outcome = fields.String(required=True, allow_none=True)
    play = fields.String(required=True)
    run_id = fields.String(required=True)
    signal_id = fields.String(required=True)
    evidence = fields.Dict(keys=fields.String(), required=True)
    brief = fields.String(required=True, metadata={"description": "What the CSM should know first."})
    draft = fields.String(required=True, metadata={"description": "The message a CSM may send."})
    created_at = Time(required=True)
    ended_at = Time(required=True, allow_none=True)


class TaskEvent(Camel):
    """Something that happened to a task."""

    at = Time(required=True)
    actor = fields.String(required=True)
    kind = fields.String(required=True)
    note = fields.String(required=True)


class TaskDetail(Task):
    """A task with what happened to it."""

    events = fields.List(fields.Nested(TaskEvent), required=True)


class DoneBody(Camel):
    outcome = Words(200, least=1, required=True, metadata={"description": "What came of it, in a few words."})
    note = Words(2000, load_default="")


class SnoozeBody(Camel):
    until = Time(required=True, metadata={"description": "A time in the future."})
    note = Words(2000, load_default="")


class DismissBody(Camel):
    reason = Words(200, least=1, required=True, metadata={"description": "Why it needs no work."})


class ChangeBody(Camel):
    """What a system that mirrors tasks changes. What is left out stays as it is."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES[:-1]))
    outcome = Words(200, load_default="", metadata={"description": "With done: what came of it."})
    reason = Words(200, load_default="", metadata={"description": "With dismissed: why it needs no work."})
    until = Time(load_default=None, metadata={"description": "With snoozed: a time in the future."})
    owner = Words(512, least=1, load_default=None, metadata={"description": "A console user's id or e-mail."})
    external_id = Words(200, load_default=None, metadata={"description": "Its id in your system."})
    note = Words(2000, load_default="")


class IfMatch(Camel):
    if_match = fields.String(
        load_default=None, data_key="If-Match", metadata={"description": 'The version you know, as "7".'}
    )

    class Meta:
        unknown = EXCLUDE


class ReassignBody(Camel):
    owner = Words(512, least=1, required=True, metadata={"description": "A console user's id or e-mail."})
    note = Words(2000, load_default="")


@blueprint.route("/tasks")
@blueprint.arguments(TaskQuery, location="query")
@blueprint.response(200, page_of(Task))
def list_tasks(query: dict[str, Any]) -> dict[str, Any]:
    """List tasks, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.TASKS, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}


@blueprint.route("/tasks/<task_id>")
@blueprint.response(200, TaskDetail)
def get_task(task_id: str) -> Any:
    """One task with its history"""
    workspace, task_id = caller().workspace_id, path_id(task_id)
    with runtime().db.read() as session:
        task = found(profiles.task(session, workspace, task_id))
        events = profiles.task_events(session, workspace, task_id)
    found_task = {**{name: getattr(task, name) for name in Task().fields}, "events": events}
    return found_task, 200, {"ETag": f'"{task.version}"'}


@blueprint.route("/tasks/<task_id>/acknowledge", methods=["POST"])
@blueprint.response(200, Task)
def acknowledge(task_id: str) -> Any:
    """Say that somebody has seen it"""
    return tasks.acknowledge(runtime(), caller().workspace_id, path_id(task_id), by=_by())


@blueprint.route("/tasks/<task_id>/done", methods=["POST"])
@blueprint.arguments(DoneBody)
@blueprint.response(200, Task)
def done(given: dict[str, Any], task_id: str) -> Any:
    """Close it with what came of it"""
    return tasks.done(runtime(), caller().workspace_id, path_id(task_id), by=_by(), **given)


@blueprint.route("/tasks/<task_id>/snooze", methods=["POST"])
@blueprint.arguments(SnoozeBody)
@blueprint.response(200, Task)
def snooze(given: dict[str, Any], task_id: str) -> Any:
    """Put it aside until a time"""
    return tasks.snooze(runtime(), caller().workspace_id, path_id(task_id), by=_by(), **given)


@blueprint.route("/tasks/<task_id>/dismiss", methods=["POST"])
@blueprint.arguments(DismissBody)
@blueprint.response(200, Task)
def dismiss(given: dict[str, Any], task_id: str) -> Any:
    """Close it without doing it, saying why"""
    return tasks.dismiss(runtime(), caller().workspace_id, path_id(task_id), by=_by(), **given)


@blueprint.route("/tasks/<task_id>/reopen", methods=["POST"])
@blueprint.response(200, Task)
def reopen(task_id: str) -> Any:
    """Undo: open it again"""
    return tasks.reopen(runtime(), caller().workspace_id, path_id(task_id), by=_by())


@blueprint.route("/tasks/<task_id>/reassign", methods=["POST"])
@blueprint.arguments(ReassignBody)
@blueprint.response(200, Task)
def reassign(given: dict[str, Any], task_id: str) -> Any:
    """Hand it to somebody else"""
    return tasks.reassign(runtime(), caller().workspace_id, path_id(task_id), by=_by(), **given)


@blueprint.route("/tasks/<task_id>", methods=["PATCH"])
@blueprint.arguments(IfMatch, location="headers")
@blueprint.arguments(ChangeBody)
@blueprint.response(200, Task)
def change(headers: dict[str, Any], given: dict[str, Any], task_id: str) -> Any:
    """Mirror a change of your CRM: all of it, from the version you know"""
    workspace, task_id = caller().workspace_id, path_id(task_id)
    with runtime().db.read() as session:
        found(profiles.task(session, workspace, task_id))
    by = By(f"key {caller().key_id}", _version(headers["if_match"]), is_mirror=True)
    task = mirror_task(runtime(), workspace, task_id, Change(**given), by=by)
    return task, 200, {"ETag": f'"{task.version}"'}


def _version(etag: str | None) -> int:
    """The version in If-Match. Raises NoVersionError without one: a mirror must not overwrite what it has not seen."""
    if etag is None:
        raise NoVersionError("Send the version that you know in If-Match, as you got it in ETag.")
    if not re.fullmatch(r'"[0-9]{1,9}"', etag):
        raise BadInputError('If-Match is a version in quotes, such as "7".', code="bad_version")
    return int(etag.strip('"'))


def _by() -> By:
    return By(f"key {caller().key_id}")
