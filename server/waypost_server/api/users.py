"""Users of the product: one user, and what they used."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.days import window_of
from waypost_server.api.rest import Camel, DayQuery, Id, Time, caller, found, page_of, path_id, resource
from waypost_server.store import consents, listed_usage, profiles

blueprint = resource("users", "People who use the product, and what they used.")


class UserMembership(Camel):
    """An account the user belongs to."""

    account_id = fields.String(required=True)
    role = fields.String(required=True, allow_none=True)
    first_day = fields.Date(required=True, allow_none=True)
    last_day = fields.Date(required=True, allow_none=True)


class User(Camel):
    """A person who uses the product."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    locale = fields.String(required=True, allow_none=True)
    timezone = fields.String(required=True, allow_none=True)
    trust = fields.String(
        required=True, metadata={"description": "server, verified or asserted: how the id was proven."}
    )
    first_day = fields.Date(required=True, allow_none=True)
    last_day = fields.Date(required=True, allow_none=True)
    traits = fields.Dict(keys=fields.String(), required=True)


class UserConsent(Camel):
    """The last thing a user said about a channel and a topic."""

    channel = fields.String(required=True, metadata={"description": "in_app, email, chat or all."})
    topic = fields.String(required=True, metadata={"description": "Empty for everything."})
    allowed = fields.Boolean(required=True)
    at = Time(required=True)
    trust = fields.String(required=True, metadata={"description": "How far the sender was believed."})


class UserProfile(User):
    """A user with up to 200 of their accounts, and what they allowed and refused."""

    accounts = fields.List(fields.Nested(UserMembership), required=True)
    consent = fields.List(fields.Nested(UserConsent), required=True)


class UserUsageQuery(DayQuery):
    feature = Id(load_default=None)
    account_id = Id(load_default=None)


class UserUsage(Camel):
    """How often a user used a feature on a day in an account."""

    day = fields.Date(required=True)
    feature = fields.String(required=True)
    account_id = fields.String(required=True, metadata={"description": "Empty where no account was known."})
    count = fields.Integer(required=True, strict=True, validate=validate.Range(0))


@blueprint.route("/users/<user_id>")
@blueprint.response(200, UserProfile)
def get_user(user_id: str) -> dict[str, Any]:
    """One user"""
    workspace, user_id = caller().workspace_id, path_id(user_id)
    with runtime().db.read() as session:
        user = found(profiles.user(session, workspace, user_id))
        accounts = profiles.memberships(session, workspace, user_id)
        said = consents.of_user(session, workspace, user_id)
    known = {name: getattr(user, name) for name in User().fields}
    return {**known, "accounts": accounts, "consent": said}


@blueprint.route("/users/<user_id>/usage")
@blueprint.arguments(UserUsageQuery, location="query")
@blueprint.response(200, page_of(UserUsage))
def user_usage(query: dict[str, Any], user_id: str) -> dict[str, Any]:
    """Counts per feature and day"""
    workspace, user_id, limit = caller().workspace_id, path_id(user_id), query["limit"]
    after = cursor.decode(query["cursor"], (date, str, str))
    with runtime().db.read() as session:
        found(profiles.user(session, workspace, user_id))
        rows = listed_usage.of_user(
            session,
            workspace,
            user_id,
            window_of(session, workspace, query),
            account_id=query["account_id"],
            after=after,
            limit=limit,
        )
    last = rows[limit - 1] if len(rows) > limit else None
    more = cursor.encode((last.day, last.feature, last.account_id)) if last is not None else None
    return {"data": [row._mapping for row in rows[:limit]], "next": more}
