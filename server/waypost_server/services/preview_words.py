"""A template filled in for somebody, with the numbers it used: what a preview shows, whatever the words become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.templating import left_out
from waypost_server.domain.conditions import getter
from waypost_server.domain.definitions import Template
from waypost_server.domain.errors import TemplateError
from waypost_server.services.facts import facts_for
from waypost_server.services.play_words import Written, filled, parsed
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Filled:
    """Every fact that the words read (None where missing), the lines that are left out for that, and the words.

    `problem` says why there are none.
    """

    numbers: dict[str, Any]
    left_out: tuple[str, ...]
    written: Written | None = None
    problem: str = ""


def fill(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    release: LiveRelease,
    template: Template,
    *,
    user_id: str,
    account_id: str,
    for_mail: bool,
) -> Filled:
    """The words for this user ("" = nobody) of this account now, as a play would write them. Nothing is stored."""
    try:
        subject, body = parsed(template, for_mail=for_mail)
    except TemplateError as error:  # a finding says where
        return Filled({}, (), problem=error.message)
    paths = subject.paths | body.paths
    facts = facts_for(session, runtime, workspace_id, user_id, account_id, release, paths=paths).values
    numbers = {path: getter(path)(facts) for path in sorted(paths)}
    gone = left_out(body, template.body, facts)
    try:
        return Filled(numbers, gone, filled(subject, body, facts))
    except TemplateError as error:
        return Filled(numbers, gone, problem=error.message)
