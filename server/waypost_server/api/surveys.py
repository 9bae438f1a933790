"""Surveys: what people answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, caller, page_of, path_id, resource
from waypost_server.domain.errors import NotFoundError
from waypost_server.store import listing

blueprint = resource("surveys", "What people answered to a survey.")


class AnswerQuery(PageQuery):
    account_id = Id(load_default=None)
    user_id = Id(load_default=None)
    question = Id(load_default=None, metadata={"description": "The question's key."})


class Answer(Camel):
    """One answer to one question; a choice of several options is one answer for each."""

    question = fields.String(required=True)
    number = fields.Integer(
        attribute="value_number",
        required=True,
        allow_none=True,
        strict=True,
        metadata={"description": "For nps, csat and stars."},
    )
    text = fields.String(
        attribute="value_text",
        required=True,
        allow_none=True,
        metadata={"description": "What was written, or the key of the option chosen."},
    )
    account_id = fields.String(required=True)
    user_id = fields.String(required=True)
    at = Time(required=True)
    message_id = fields.String(
        required=True,
        metadata={"description": "The event it came in; the same for all answers given at once."},
    )


@blueprint.route("/surveys/<nudge>/answers")
@blueprint.arguments(AnswerQuery, location="query")
@blueprint.response(200, page_of(Answer))
def list_answers(query: dict[str, Any], nudge: str) -> dict[str, Any]:
    """List the answers to a survey, newest first"""
    after = cursor.decode(query.pop("cursor"), (datetime, str, str, int))
    limit = query.pop("limit")
    nudge, workspace = path_id(nudge), caller().workspace_id
    with runtime().db.read() as session:
        page = listing.page(
            session, workspace, listing.ANSWERS, filters={**query, "nudge": nudge}, after=after, limit=limit
        )
        if not page.rows and not _is_known(session, workspace, nudge):
            raise NotFoundError("There is no survey with this key, and nobody ever answered one.")
    return {"data": page.rows, "next": cursor.encode(page.next)}


def _is_known(session: Session, workspace: str, nudge: str) -> bool:
    """Whether it is published now, or was answered once."""
    live = runtime().releases.live(session, workspace)
    if live is not None and nudge in live.compiled.by_key:
        return True
    filters = {"nudge": nudge}
    return bool(listing.page(session, workspace, listing.ANSWERS, filters=filters, after=None, limit=1).rows)
