"""Requests that act for a person name them by e-mail: who it is, and over which key it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, caller, found
from waypost_server.services import named_person

BY = {"description": "The e-mail of the person who decides it; they log into the console."}


class ByQuery(Camel):
    by = Id(required=True, metadata=BY)


def person_for(find: Callable[[Session, str, str], Any], thing_id: str, email: str) -> str:
    """The console user's id. `find(session, workspace, thing_id)` is what they decide about, and comes first: a
    foreign one is as missing as one that nobody has. Raises NotFoundError for either."""
    with runtime().db.read() as session:
        found(find(session, caller().workspace_id, thing_id))
    return named_person.by_email(runtime(), caller().workspace_id, email)


def via() -> str:
    """How the word came, as the audit keeps it."""
    return f"key {caller().key_id}"
