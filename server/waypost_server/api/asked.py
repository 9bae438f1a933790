"""What decide and claim have in common: a small JSON body, a person, and how far to believe it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from flask import request

from waypost_server.api.auth import Caller, authenticate, read_token, runtime
from waypost_server.domain.errors import BadInputError, TokenError, TooLargeError
from waypost_server.domain.identifiers import read_id

BODY_LIMIT = 16 * 1024  # bytes
T = TypeVar("T")


class Ask(msgspec.Struct, rename="camel"):
    """The fields both routes take. Unknown fields are ignored, so that newer SDKs keep working."""

    user_id: str
    account_id: str | None = None
    user_token: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """A checked request. `members_only`: the account was named by a browser and proven by nobody."""

    caller: Caller
    user_id: str
    account_id: str | None
    members_only: bool
    believed: bool


def read_body(shape: type[T]) -> T:
    """The body as `shape`. Raises BadInputError naming what is wrong, TooLargeError over 16 KB."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise TooLargeError("The body is over 16 KB. Send only what this route documents.")
    body = request.get_data(cache=False)
    if len(body) > BODY_LIMIT:
        raise TooLargeError("The body is over 16 KB. Send only what this route documents.")
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError(f"The body does not fit: {error}", code="bad_body") from error


def asker(ask: Ask) -> Asker:
    """Who asks, checked: the key's scope, the user token's rules, and the ids as they are stored.

    An `asserted` person in a production workspace is not believed; there the answer must be empty.
    """
    caller = authenticate("decide")
    user_id = read_id(ask.user_id, "userId")
    account_id = read_id(ask.account_id, "accountId") if ask.account_id else None
    token = request.headers.get("X-Waypost-User-Token") or ask.user_token
    now = runtime().clock()
    trust = caller.trust_for(user_id, token, now)
    group = None
    if caller.kind == "public" and token is not None:
        group = read_token(token, caller.token_secret, caller.workspace_id, now).get("grp")
    if group is not None and account_id is not None and group != account_id:
        raise TokenError("The user token is for another account than accountId.")
    return Asker(
        caller=caller,
        user_id=user_id,
        account_id=account_id or _text(group),
        members_only=caller.kind == "public" and caller.enforce_tokens and group is None,
        believed=trust != "asserted" or not caller.enforce_tokens,
    )


def session_start(context: dict[str, Any] | None, now: datetime) -> datetime | None:
    """When the browser says that the person's session began; None for no time, or one in the future."""
    said = (context or {}).get("sessionStartedAt")
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
        return None if at is None or at.tzinfo is None or at > now else at.astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or one before the year 1 in UTC
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
