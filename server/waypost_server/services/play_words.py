"""The words of plays: templates parsed once, filled with the facts of a person or an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.templating import Compiled, parse_template, render
from waypost_server.domain.definitions import Template
from waypost_server.domain.errors import TemplateError
from waypost_server.services.facts import facts_for
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Written:
    """A filled-in template: one line of subject, a Markdown body."""

    subject: str
    body: str


@lru_cache(maxsize=2048)
def _subject(source: str) -> Compiled:
    return parse_template(source)


@lru_cache(maxsize=2048)
def _markdown(source: str) -> Compiled:
    return parse_template(source, markup="markdown")


@lru_cache(maxsize=2048)
def _plain(source: str) -> Compiled:
    return parse_template(source)


def write(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    *,
    workspace_id: str,
    account_id: str,
    user_id: str,
    template_key: str,
    for_mail: bool,
) -> Written:
    """Fill a template; raises TemplateError. `for_mail` escapes values for Markdown, a draft keeps them plain."""
    template = release.definitions.templates.get(template_key)
    if template is None:
        raise TemplateError(f"There is no template {template_key}.")
    subject, body = parsed(template, for_mail=for_mail)
    facts = facts_for(
        session,
        runtime,
        workspace_id,
        user_id,
        account_id,
        release,
        paths=subject.paths | body.paths,
    ).values
    return filled(subject, body, facts)


def parsed(template: Template, *, for_mail: bool) -> tuple[Compiled, Compiled]:
    """Subject and body, ready to fill. Raises TemplateError."""
    return _subject(template.subject), _markdown(template.body) if for_mail else _plain(template.body)


def filled(subject: Compiled, body: Compiled, facts: Mapping[str, Any]) -> Written:
    """The words for these facts. Raises TemplateError."""
    return Written(" ".join(render(subject, facts).split()), render(body, facts).strip())
