"""A stamp of everything a decision looks at: while it is the same, the facts are the same. PostgreSQL only.

A row's `xmin` is the transaction that wrote this version of it, so the list of them over some rows changes
with every insert, update and delete among them, whoever makes it; no writer has to help. A part of the
facts that has no cheaper stamp stands for itself, so a new part is covered from its first day.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from waypost_server.store.fact_dialects import Postgres
from waypost_server.store.facts import (
    Execute,
    Subject,
    Wanted,
    finished,
    parameters,
    parts_of,
)

_PERSON = "workspace_id = {ws} and user_id = {user}"
_PERSON_IN_ACCOUNT = "workspace_id = {ws} and account_id = {acc} and user_id = {user}"
_VERSIONS = {  # by part: the rows whose versions stand for it
    "user": "end_user where workspace_id = {ws} and id = {user}",
    "membership": f"membership where {_PERSON_IN_ACCOUNT}",
    "milestones": "milestone_state where workspace_id = {ws} and account_id = {acc} and user_id in ({user}, '')",
    "offers": f"offer where {_PERSON}",
    "reactions": f"interaction where {_PERSON}",
    "person_touches": f"touch where {_PERSON} and at > {{person_since}}",
    "surveys": f"survey_answer where {_PERSON}",
    # whoever counts a use by day adds it to the total in the same transaction
    "usage": f"usage_total where {_PERSON_IN_ACCOUNT}",
}
_SAME_ROWS = {"usage_windows": "usage", "weeks": "usage", "open": "offers", "variants": "offers"}


def read(execute: Execute, wanted: Wanted, subject: Subject) -> Any:
    """The stamp, to be compared with `==` and nothing else. Its windows end where the minute began."""
    minute = replace(subject, user_id="", account_id="", now=subject.now.replace(second=0, microsecond=0))
    given = {**_in_minute(wanted, minute), "user": subject.user_id, "account": subject.account_id}
    return execute(build(wanted, subject.account_id is not None), given)


@lru_cache(maxsize=256)
def _in_minute(wanted: Wanted, minute: Subject) -> dict[str, Any]:
    """The values that are the same for everybody who asks in a minute."""
    return parameters(False, wanted, minute)


@lru_cache(maxsize=256)
def build(wanted: Wanted, account_given: bool) -> str:
    """The statement's text."""
    dialect = Postgres()
    parts: dict[str, str] = {}
    for name, part in parts_of(dialect, wanted).items():
        rows = _SAME_ROWS.get(name, name)
        parts[rows] = _versions(_VERSIONS[rows]) if rows in _VERSIONS else part
    if not wanted.owner:  # with the owner's name, the account stands for itself
        parts["account"] = _versions("account where workspace_id = {ws} and id = {acc}")
    return finished(dialect, wanted, ", ".join(parts.values()), account_given)


def _versions(rows: str) -> str:
    return f"(select array_agg(xmin) from {rows})"
