"""What people call a play or a nudge, where a row holds only its key."""

from __future__ import annotations

from collections.abc import Mapping

from waypost_server.domain.definitions import Definitions


def titles(definitions: Definitions | None) -> Mapping[str, str]:
    """Key → title of plays and nudges; a play's where both have the same key."""
    if definitions is None:
        return {}
    nudges = {each.key: each.title for each in definitions.nudges}
    return nudges | {each.key: each.title for each in definitions.plays}
