"""What a nudge would say to somebody: rendered as decide renders it, with the facts its words read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from waypost_server.definitions.cases import known
from waypost_server.domain.conditions import getter
from waypost_server.domain.definitions import Nudge
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.facts import facts_for
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer a browser would get, and every fact that its words and pieces read (None where missing)."""

    answer: dict[str, Any]
    numbers: dict[str, Any]


def for_case(release: LiveRelease, nudge: Nudge, name: str | None) -> Values:
    """The facts of a case beside the nudge: the named one, or the first. Raises NotFoundError."""
    case = next((each for each in nudge.cases if name in (None, each.name)), None)
    if case is None and name is not None:
        raise NotFoundError(f"The nudge {nudge.key} has no case {name!r}.")
    given = case.given if case else {}
    return known(release.words.paths[nudge.key], given, release.definitions)


def for_user(
    runtime: Runtime, workspace_id: str, release: LiveRelease, user_id: str, account_id: str | None
) -> Values:
    """The facts of a stored user as they are now."""
    with runtime.db.read() as session:
        found = facts_for(session, runtime, workspace_id, user_id, account_id, release)
    return found.values


def render(release: LiveRelease, nudge: Nudge, facts: Values, locale: str | None) -> Preview:
    """Raises TemplateError when a value is missing that nothing stands in for."""
    facts.setdefault("user", {}).setdefault("id", "")  # whoever it is, a variant needs an id
    words = release.words.of(release.number, locale or facts["user"].get("locale"), facts)
    raw = words.news(nudge, read=False) if nudge.surface == "announcement" else words.nudge(nudge)
    numbers = {path: getter(path)(facts) for path in sorted(release.words.paths[nudge.key])}
    return Preview(msgspec.json.decode(raw), numbers)
