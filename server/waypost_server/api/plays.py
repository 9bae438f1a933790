"""Runs of plays."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, Words, caller, page_of, path_id, resource
from waypost_server.services.cancel_run import cancel_run
from waypost_server.services.change_run import REASON, pause_run, resume_run, retry_run
from waypost_server.services.pause_play import pause_play, resume_play
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store import listing

blueprint = resource("plays", "Responses to signals, as they run.")
OCCURRENCE = 100  # characters
STATES = ["running", "waiting", "paused", "ended"]


class RunQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    play = Id(load_default=None)
    account_id = Id(load_default=None)


class PlayRun(Camel):
    """One run of a play for an account, pinned to the release it started with."""

    id = fields.String(required=True)
    play = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True, metadata={"description": "Empty: the run is about the account."})
    release = fields.Integer(required=True, strict=True)
    motion = fields.String(required=True)
    signal_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    outcome = fields.String(required=True, allow_none=True)
    cause = fields.Dict(
        required=True,
        metadata={"description": "What started it: `kind` is signal, condition, person or bulk."},
    )
    step = fields.Integer(required=True, strict=True, metadata={"description": "Index of the next step."})
    due_at = Time(required=True, allow_none=True)
    started_at = Time(required=True)
    ended_at = Time(required=True, allow_none=True)


class StartBody(Camel):
    account_id = Id(required=True)
    user_id = Id(load_default="", metadata={"description": "For a play about users: which one."})
    occurrence = Words(
        OCCURRENCE,
        load_default="",
        metadata={"description": "The same one starts one run, however often it is sent."},
    )
    anyway = fields.Boolean(
        load_default=False,
        metadata={"description": "Also where the play's audience or its limit on starting says no."},
    )


class ReasonBody(Camel):
    reason = Words(REASON, least=1, required=True, metadata={"description": "Why; it is kept."})


@blueprint.route("/plays/runs")
@blueprint.arguments(RunQuery, location="query")
@blueprint.response(200, page_of(PlayRun))
def list_runs(query: dict[str, Any]) -> dict[str, Any]:
    """List runs of plays, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.RUNS, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}


@blueprint.route("/plays/<play>/runs", methods=["POST"])
@blueprint.arguments(StartBody)
@blueprint.response(201, PlayRun)
def start(given: dict[str, Any], play: str) -> Any:
    """Start a play for an account or a user of it, because a person says so"""
    wish = Wish(play=path_id(play), actor=_actor(), **given)
    return start_run(runtime(), caller().workspace_id, wish)


@blueprint.route("/plays/runs/<run_id>/cancel", methods=["POST"])
@blueprint.arguments(ReasonBody)
@blueprint.response(200, PlayRun)
def cancel(given: dict[str, Any], run_id: str) -> Any:
    """Stop a run for good: nothing it has queued is sent"""
    return cancel_run(runtime(), caller().workspace_id, path_id(run_id), actor=_actor(), **given)


@blueprint.route("/plays/runs/<run_id>/pause", methods=["POST"])
@blueprint.arguments(ReasonBody)
@blueprint.response(200, PlayRun)
def pause(given: dict[str, Any], run_id: str) -> Any:
    """Hold a run where it stands: no step acts, and what it has queued waits"""
    return pause_run(runtime(), caller().workspace_id, path_id(run_id), actor=_actor(), **given)


@blueprint.route("/plays/runs/<run_id>/resume", methods=["POST"])
@blueprint.response(200, PlayRun)
def resume(run_id: str) -> Any:
    """Let a paused run go on"""
    return resume_run(runtime(), caller().workspace_id, path_id(run_id), actor=_actor())


@blueprint.route("/plays/runs/<run_id>/retry", methods=["POST"])
@blueprint.response(200, PlayRun)
def retry(run_id: str) -> Any:
    """Take a run that failed up again, at the step it failed at"""
    return retry_run(runtime(), caller().workspace_id, path_id(run_id), actor=_actor())


@blueprint.route("/plays/<play>/pause", methods=["POST"])
@blueprint.arguments(ReasonBody)
@blueprint.response(204)
def pause_whole(given: dict[str, Any], play: str) -> None:
    """Pause a play: it starts for nobody, and none of its runs takes another step"""
    pause_play(runtime(), caller().workspace_id, path_id(play), actor=_actor(), **given)


@blueprint.route("/plays/<play>/resume", methods=["POST"])
@blueprint.response(204)
def resume_whole(play: str) -> None:
    """Let a paused play go on"""
    resume_play(runtime(), caller().workspace_id, path_id(play), actor=_actor())


def _actor() -> str:
    return f"key {caller().key_id}"
