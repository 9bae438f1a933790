"""Rules that the stored data must keep at all times, checked without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.services.runtime import Runtime
from waypost_server.store import invariants


def check(runtime: Runtime, *, deep: bool = False) -> list[str]:
    """One plain sentence per broken rule and workspace; empty when everything holds. `deep`: the event log too."""
    found: list[str] = []
    with runtime.db.read() as session:
        for rule in (*invariants.RULES, *(invariants.DEEP if deep else ())):
            found += [_sentence(rule.says, row) for row in _broken(session, rule, runtime)]
    return found


def _broken(session: Session, rule: invariants.Rule, runtime: Runtime) -> list[Mapping[str, Any]]:
    return invariants.broken(session, rule, now=runtime.clock())


def _sentence(says: str, row: Mapping[str, Any]) -> str:
    return says.format_map(row)
