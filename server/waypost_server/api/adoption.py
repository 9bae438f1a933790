"""Adoption: who is adopted, what is missing, and the next best step."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, caller, page_of, path_id, resource
from waypost_server.domain.adoption import as_json
from waypost_server.services import adoption_report
from waypost_server.store import adoption as store

blueprint = resource("adoption", "What adopted means, how far each account is, and what comes next.")
STATE: dict[str, Any] = {"metadata": {"description": "adopted, partial or not"}}


class Behaviour(Camel):
    """How far a behaviour is. `people` of `ofPeople` do it where a share of the people counts."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    feature = fields.String(required=True)
    weight = fields.Float(required=True)
    met = fields.Boolean(required=True)
    value = fields.Integer(required=True, strict=True)
    wanted = fields.Integer(required=True, strict=True)
    progress = fields.Float(required=True)
    people = fields.Integer(required=True, strict=True)
    of_people = fields.Integer(required=True, strict=True)
    words = fields.String(required=True, metadata={"example": "2 of 4 people, 50 % wanted"})


class Step(Camel):
    """The next best step, why it is the next, and the nudges and plays made for it."""

    kind = fields.String(required=True, metadata={"description": "milestone or behaviour"})
    key = fields.String(required=True)
    title = fields.String(required=True)
    feature = fields.String(required=True)
    reason = fields.String(required=True)
    served_by = fields.List(fields.String(), required=True, metadata={"example": ["nudge:report-schedule"]})


class Score(Camel):
    """How an account stood in a week, by a version of the definition."""

    week = fields.Date(required=True)
    version = fields.Integer(required=True, strict=True)
    definition = fields.String(required=True)
    segment = fields.String(required=True)
    state = fields.String(required=True, **STATE)
    score = fields.Float(required=True)


class AccountAdoption(Camel):
    """One account, read afresh. Null where nothing says what adopted means for its segment."""

    account_id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)
    segment = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, allow_none=True, **STATE)
    score = fields.Float(required=True, allow_none=True)
    behaviours = fields.List(fields.Nested(Behaviour), required=True)
    next_step = fields.Nested(Step, required=True, allow_none=True)
    history = fields.List(fields.Nested(Score), required=True)


class ListedAdoption(Camel):
    """An account's newest score."""

    account_id = fields.String(required=True)
    name = fields.String(required=True)
    motion = fields.String(required=True, allow_none=True)
    week = fields.Date(required=True)
    version = fields.Integer(required=True, strict=True)
    segment = fields.String(required=True)
    state = fields.String(required=True, **STATE)
    score = fields.Float(required=True)
    unmet = fields.List(fields.String(), required=True)


class GapQuery(Camel):
    segment = Id(load_default=None)


class GapCell(Camel):
    """How many of a segment's accounts meet a behaviour."""

    segment = fields.String(required=True)
    behaviour = fields.String(required=True)
    title = fields.String(required=True)
    met = fields.Integer(required=True, strict=True)
    accounts = fields.Integer(required=True, strict=True)
    share = fields.Float(required=True)


class Gap(Camel):
    """The matrix segment × behaviour, the largest gap first."""

    version = fields.Integer(required=True, strict=True)
    cells = fields.List(fields.Nested(GapCell), required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Dict(), required=True)


class StepQuery(Camel):
    account_id = Id(load_default=None, metadata={"description": "The account last seen in otherwise."})


class PersonStep(Camel):
    """A person's next best step in an account; null when there is nothing left to do."""

    user_id = fields.String(required=True)
    account_id = fields.String(required=True)
    next_step = fields.Nested(Step, required=True, allow_none=True)


@blueprint.route("/adoption")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(ListedAdoption))
def list_adoption(query: dict[str, Any]) -> dict[str, Any]:
    """List accounts with their newest score, by id"""
    after, limit = cursor.decode(query["cursor"], (str,)), query["limit"]
    with runtime().db.read() as session:
        rows = adoption_report.page(
            session, runtime(), caller().workspace_id, after=after[0] if after else "", limit=limit + 1
        )
    shown = [_listed(row) for row in rows[:limit]]
    return {"data": shown, "next": cursor.encode((shown[-1]["account_id"],)) if len(rows) > limit else None}


@blueprint.route("/adoption/gap")
@blueprint.arguments(GapQuery, location="query")
@blueprint.response(200, Gap)
def adoption_gap(query: dict[str, Any]) -> Any:
    """How many accounts of each segment meet each behaviour"""
    with runtime().db.read() as session:
        return adoption_report.gap(session, runtime(), caller().workspace_id, query["segment"])


@blueprint.route("/accounts/<account_id>/adoption")
@blueprint.response(200, AccountAdoption)
def account_adoption(account_id: str) -> dict[str, Any]:
    """One account: what is met, what is missing, what comes next, and its history"""
    with runtime().db.read() as session:
        workspace, account_id = caller().workspace_id, path_id(account_id)
        report = adoption_report.report_of(session, runtime(), workspace, account_id)
        history = store.history(session, workspace, account_id)
    return {**_answer(report), "history": history}


@blueprint.route("/users/<user_id>/next-step")
@blueprint.arguments(StepQuery, location="query")
@blueprint.response(200, PersonStep)
def user_next_step(query: dict[str, Any], user_id: str) -> dict[str, Any]:
    """A person's next best step, and why"""
    user_id = path_id(user_id)
    with runtime().db.read() as session:
        account_id, step = adoption_report.person_next_step(
            session, runtime(), caller().workspace_id, user_id, query["account_id"]
        )
    return {"user_id": user_id, "account_id": account_id, "next_step": step}


def _answer(report: adoption_report.AccountReport) -> dict[str, Any]:
    """The report as its schema names it."""
    assessment, step = report.assessment, report.next_step
    return {
        "account_id": report.account_id,
        "version": report.version,
        "segment": report.definition.segment if report.definition else None,
        "state": assessment.state if assessment else None,
        "score": assessment.score if assessment else None,
        "behaviours": as_json(assessment) if assessment else [],
        "next_step": step,
    }


def _listed(row: Any) -> dict[str, Any]:
    score = row.AdoptionScore
    named = {
        name: getattr(score, name) for name in ("account_id", "week", "version", "segment", "state", "score")
    }
    unmet = [each["key"] for each in score.findings if not each["met"]]
    return {**named, "name": row.name, "motion": row.motion, "unmet": unmet}
