"""Accounts: the list, one account, its usage by feature and day, its users."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.days import window_of
from waypost_server.api.rest import Camel, DayQuery, Id, PageQuery, caller, found, page_of, path_id, resource
from waypost_server.store import listed_usage, listing, profiles

DAY_KEY = (date, str)
blueprint = resource("accounts", "Customer organisations: what they are, what they use, who belongs to them.")


class AccountQuery(PageQuery):
    segment = Id(load_default=None)
    motion = Id(load_default=None)
    owner = Id(load_default=None, metadata={"description": "The console user's id of the CSM."})


class Account(Camel):
    """A customer organisation."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    segment = fields.String(required=True, allow_none=True)
    motion = fields.String(required=True, allow_none=True, metadata={"example": "long_tail"})
    owner = fields.String(required=True, allow_none=True)
    renewal_on = fields.Date(required=True, allow_none=True)
    first_day = fields.Date(required=True, allow_none=True)
    last_day = fields.Date(required=True, allow_none=True)
    traits = fields.Dict(keys=fields.String(), required=True)


class AccountProfile(Account):
    """An account with its counts."""

    users = fields.Integer(required=True, strict=True)
    milestones_reached = fields.Integer(required=True, strict=True)
    open_signals = fields.Integer(required=True, strict=True)
    open_tasks = fields.Integer(required=True, strict=True)


class UsageQuery(DayQuery):
    feature = Id(load_default=None)


class AccountUsage(Camel):
    """How often an account used a feature on a day, and by how many people."""

    day = fields.Date(required=True)
    feature = fields.String(required=True)
    count = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    users = fields.Integer(required=True, strict=True, validate=validate.Range(0))


class Member(Camel):
    """A user in an account, with the role held there."""

    user_id = fields.String(required=True)
    role = fields.String(required=True, allow_none=True)
    first_day = fields.Date(required=True, allow_none=True)
    last_day = fields.Date(required=True, allow_none=True)


@blueprint.route("/accounts")
@blueprint.arguments(AccountQuery, location="query")
@blueprint.response(200, page_of(Account))
def list_accounts(query: dict[str, Any]) -> dict[str, Any]:
    """List accounts by id"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.ACCOUNTS, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}


@blueprint.route("/accounts/<account_id>")
@blueprint.response(200, AccountProfile)
def get_account(account_id: str) -> dict[str, Any]:
    """One account"""
    workspace, account_id = caller().workspace_id, path_id(account_id)
    with runtime().db.read() as session:
        account = found(profiles.account(session, workspace, account_id))
        counts = profiles.account_counts(session, workspace, account_id)
    return {**{name: getattr(account, name) for name in Account().fields}, **counts}


@blueprint.route("/accounts/<account_id>/usage")
@blueprint.arguments(UsageQuery, location="query")
@blueprint.response(200, page_of(AccountUsage))
def account_usage(query: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Counts per feature and day"""
    workspace, account_id, limit = caller().workspace_id, path_id(account_id), query["limit"]
    after = cursor.decode(query["cursor"], DAY_KEY)
    with runtime().db.read() as session:
        found(profiles.account(session, workspace, account_id))
        window = window_of(session, workspace, query)
        rows = listed_usage.of_account(session, workspace, account_id, window, after=after, limit=limit)
    more = cursor.encode((rows[limit - 1].day, rows[limit - 1].feature)) if len(rows) > limit else None
    return {"data": [row._mapping for row in rows[:limit]], "next": more}


@blueprint.route("/accounts/<account_id>/users")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(Member))
def account_users(query: dict[str, Any], account_id: str) -> dict[str, Any]:
    """The users of an account, by id"""
    workspace, account_id = caller().workspace_id, path_id(account_id)
    after = cursor.decode(query["cursor"], (str, str))
    with runtime().db.read() as session:
        found(profiles.account(session, workspace, account_id))
        page = listing.page(
            session,
            workspace,
            listing.MEMBERS,
            filters={"account_id": account_id},
            after=after,
            limit=query["limit"],
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}
