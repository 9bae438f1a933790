"""Definitions over HTTP: validate, plan, apply, pull and compare, so that CI needs no database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import abort
from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.page import OnPage, page_asked, unknown_facts
from waypost_server.api.releases import FILE_LIMIT, FILES_LIMIT, NAME_LIMIT, refusal
from waypost_server.api.rest import Camel, Words, caller, resource
from waypost_server.channels.template_check import check_template
from waypost_server.definitions.loader import in_every_environment, load_files
from waypost_server.domain.definitions import Catalog, Definitions
from waypost_server.services.apply import apply
from waypost_server.services.audience import AT_ONCE, SECONDS, condition_of, estimate
from waypost_server.services.compare_releases import compare_releases
from waypost_server.services.plan import plan
from waypost_server.services.publish import MAX_REQUEST, RefusedError
from waypost_server.services.releases import LiveRelease
from waypost_server.services.rollback import rollback, undoes
from waypost_server.store import releases

blueprint = resource("definitions", "Check, plan and publish definitions from a folder.", largest=MAX_REQUEST)


class Files(Camel):
    """Definition files by name, as in the nudges folder."""

    files = fields.Dict(
        keys=Words(NAME_LIMIT, least=1),
        values=Words(FILE_LIMIT),
        required=True,
        validate=validate.Length(1, FILES_LIMIT),
    )


class FilesOfEnvironment(Files):
    """Files, and the environment whose overrides count: absent, the one the workspace lives in; "", none."""

    environment = Words(64, load_default=None, allow_none=True)


class ApplyFiles(FilesOfEnvironment):
    """Files to publish. `base` is the release they were made from."""

    change_environment = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    message = Words(500, load_default="")
    base = fields.Integer(load_default=None, allow_none=True, strict=True)
    accept_strategic = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Rollback(Camel):
    """Why, and whether only to say what would be undone."""

    message = Words(500, load_default="")
    accept_strategic = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    dry_run = fields.Boolean(load_default=False, truthy={True}, falsy={False})


def _list(what: str) -> fields.List[Any]:
    return fields.List(fields.Dict(keys=fields.String()), required=True, metadata={"description": what})


class ReleaseFiles(Camel):
    """A release's files by name."""

    number = fields.Integer(required=True, strict=True)
    environment = fields.String(required=True, metadata={"description": "What it was made for; or empty."})
    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class PastRelease(ReleaseFiles):
    """An earlier release, and what going back to it would change."""

    undoes = _list("Definitions that would change, field by field.")


class Difference(Camel):
    """What changed between two releases."""

    changes = _list("Definitions that differ, field by field.")
    text = fields.String(required=True, metadata={"description": "The files as a unified diff."})


class Validated(Camel):
    """Whether the files can be published, and everything found in them."""

    ok = fields.Boolean(required=True)
    findings = _list("Errors and warnings with file, line, message and remedy.")


class PlanOfFiles(Camel):
    """What publishing would change."""

    base = fields.Integer(required=True, metadata={"description": "The live release; 0 for none."})
    environment = fields.String(required=True, metadata={"description": "What it is for; empty for none."})
    was_environment = fields.String(
        required=True, attribute="wasEnvironment", metadata={"description": "Where the workspace lives now."}
    )
    changes = _list("Definitions that differ, field by field.")
    warnings = _list("Findings to think about.")
    audiences = _list("Users each changed nudge reaches before and after.")
    refusals = _list("Automated steps that would newly reach strategic accounts.")
    runs = _list("Runs under way of plays that change; they stay on their release.")
    motions = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class AppliedFiles(Camel):
    """The release that is live now."""

    number = fields.Integer(required=True)
    is_new = fields.Boolean(required=True)
    plan = fields.Nested(PlanOfFiles, required=True)


class RolledBack(Camel):
    """The release that is live now (null: only asked), and what changed."""

    number = fields.Integer(required=True, allow_none=True)
    undoes = _list("Definitions that change, field by field.")


class Estimate(Camel):
    """How many; `low` to `high` holds the true number of users 95 times in 100."""

    users = fields.Integer(required=True)
    accounts = fields.Integer(required=True)
    of_users = fields.Integer(required=True)
    exact = fields.Boolean(required=True)
    low = fields.Integer(required=True)
    high = fields.Integer(required=True)
    looked_at = fields.Integer(required=True)
    page_facts = unknown_facts("it holds on some page.")


class Condition(OnPage):
    """A condition over facts, or the key of a nudge of the live release."""

    condition = fields.Dict(load_default=None, allow_none=True)
    nudge = Words(200, load_default=None, allow_none=True)
    at_once = fields.Boolean(
        load_default=False,
        metadata={"description": "Answer from a random sample instead of counting everybody."},
    )


@blueprint.route("/definitions")
@blueprint.response(200, ReleaseFiles)
def pull() -> dict[str, Any]:
    """The live release's number and files; number 0 when nothing is published"""
    with runtime().db.read() as session:
        number, files = releases.live(session, caller().workspace_id) or (0, {})
        environment = releases.live_environment(session, caller().workspace_id)
    return {"number": number, "environment": environment, "files": files}


@blueprint.route("/definitions/<int:number>")
@blueprint.response(200, PastRelease)
def pull_release(number: int) -> dict[str, Any]:
    """The files of one release, and how they differ from the live ones"""
    (files, environment), undone = undoes(runtime(), caller().workspace_id, number)
    changes = [each.as_json() for each in undone]
    return {"number": number, "environment": environment, "files": files, "undoes": changes}


@blueprint.route("/definitions/diff/<int:first>/<int:second>")
@blueprint.response(200, Difference)
def diff(first: int, second: int) -> dict[str, Any]:
    """What changed from one release to another, field by field and as text"""
    return compare_releases(runtime(), caller().workspace_id, first, second).as_json()


@blueprint.route("/definitions/validate", methods=["POST"])
@blueprint.arguments(FilesOfEnvironment)
@blueprint.response(200, Validated)
def validate_files(given: dict[str, Any]) -> dict[str, Any]:
    """Every finding in the files, in the environment named or in all of them"""
    environment = given["environment"]
    loaded = load_files(given["files"], check_template=check_template, environment=environment or "")
    if environment is None:
        loaded = in_every_environment(loaded, check_template=check_template)
    return {"ok": not loaded.errors, "findings": [finding.as_json() for finding in loaded.findings]}


@blueprint.route("/definitions/plan", methods=["POST"])
@blueprint.arguments(FilesOfEnvironment)
@blueprint.response(200, PlanOfFiles)
def plan_files(given: dict[str, Any]) -> dict[str, Any]:
    """What publishing the files would change"""
    try:
        return plan(runtime(), caller().workspace_id, **given).as_json()
    except RefusedError as error:
        abort(refusal(error))


@blueprint.route("/definitions/apply", methods=["POST"])
@blueprint.arguments(ApplyFiles)
@blueprint.response(200, AppliedFiles)
def apply_files(given: dict[str, Any]) -> dict[str, Any]:
    """Publish the files, unless an automated step would newly reach strategic accounts"""
    who = caller()
    try:
        done = apply(runtime(), who.workspace_id, author=f"key {who.key_id}", **given)
    except RefusedError as error:
        abort(refusal(error))
    return {"number": done.number, "is_new": done.is_new, "plan": done.plan.as_json()}


@blueprint.route("/definitions/rollback/<int:number>", methods=["POST"])
@blueprint.arguments(Rollback)
@blueprint.response(200, RolledBack)
def roll_back(given: dict[str, Any], number: int) -> dict[str, Any]:
    """Publish an earlier release again, unless an automated step would newly reach strategic accounts"""
    who = caller()
    try:
        if given["dry_run"]:
            _, undone = undoes(runtime(), who.workspace_id, number)
            live = None
        else:
            live, undone = rollback(
                runtime(),
                who.workspace_id,
                number,
                author=f"key {who.key_id}",
                message=given["message"],
                accept_strategic=given["accept_strategic"],
            )
    except RefusedError as error:
        abort(refusal(error))
    return {"number": live, "undoes": [each.as_json() for each in undone]}


@blueprint.route("/audience", methods=["POST"])
@blueprint.arguments(Condition)
@blueprint.response(200, Estimate)
def audience(given: dict[str, Any]) -> dict[str, Any]:
    """How many people satisfy a condition now: exactly, or from a sample with its interval"""
    workspace = caller().workspace_id
    with runtime().db.read() as session:
        live = runtime().releases.live(session, workspace) or LiveRelease(0, Definitions(Catalog("")))
    condition = condition_of(live, given["condition"], given["nudge"])
    seconds = AT_ONCE if given["at_once"] else SECONDS
    page = page_asked(given)
    return asdict(estimate(runtime(), workspace, live, condition, page=page, seconds=seconds))
