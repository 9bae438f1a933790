"""The words of plays: templates parsed once, filled with the facts of a person or an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.mail_layout import without_marks
from waypost_server.channels.templating import Compiled, parse_template, render
from waypost_server.domain.definitions import Template
from waypost_server.domain.errors import TemplateError
from waypost_server.services.facts import facts_for
from waypost_server.services.facts_of_many import facts_of_many
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Written:
    """A filled-in template: one line of subject, a Markdown body."""

    subject: str
    body: str


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
    subject, body = parsed(_template(release, template_key), for_mail=for_mail)
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


def write_to_many(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    template_key: str,
    *,
    workspace_id: str,
    readers: Sequence[tuple[str, str]],
) -> list[Written | TemplateError]:
    """Fill a template for each (account, user), their facts read in one statement. Values stand between marks,
    for `mail_layout.laid_out`; what cannot be written is there as its error."""
    try:
        subject, body = parsed(_template(release, template_key), for_mail=True)
    except TemplateError as error:
        return [error] * len(readers)
    paths = subject.paths | body.paths
    found = facts_of_many(session, runtime, workspace_id, release, readers, paths=paths)
    return [_marked_or_not(subject, body, each.values) for each in found]


def _template(release: LiveRelease, key: str) -> Template:
    template = release.definitions.templates.get(key)
    if template is None:
        raise TemplateError(f"There is no template {key}.")
    return template


def parsed(template: Template, *, for_mail: bool) -> tuple[Compiled, Compiled]:
    """Subject and body, ready to fill. Raises TemplateError."""
    body = parse_template(template.body, markup="mail" if for_mail else "text")
    return parse_template(template.subject), body


def filled(subject: Compiled, body: Compiled, facts: Mapping[str, Any]) -> Written:
    """The words for these facts. Raises TemplateError."""
    marked = _marked(subject, body, facts)
    return Written(marked.subject, without_marks(marked.body))


def _marked_or_not(subject: Compiled, body: Compiled, facts: Mapping[str, Any]) -> Written | TemplateError:
    try:
        return _marked(subject, body, facts)
    except TemplateError as error:
        return error


def _marked(subject: Compiled, body: Compiled, facts: Mapping[str, Any]) -> Written:
    return Written(" ".join(render(subject, facts).split()), render(body, facts).strip())
