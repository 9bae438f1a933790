"""What a template would say to somebody as a mail: written as a play writes it, with the facts its words read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.mail_html import Parts, parts
from waypost_server.channels.templating import left_out
from waypost_server.domain.conditions import getter
from waypost_server.domain.definitions import Template
from waypost_server.domain.errors import TemplateError
from waypost_server.services.facts import facts_for
from waypost_server.services.mail_footer import shown_footer
from waypost_server.services.play_words import filled, parsed
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import readers


@dataclass(frozen=True, slots=True)
class MailPreview:
    """The mail, every fact that its words read (None where missing), and the lines that are left out for that.

    `problem` says why there would be no mail; then there are no `parts`.
    """

    numbers: dict[str, Any]
    left_out: tuple[str, ...]
    subject: str = ""
    parts: Parts | None = None
    problem: str = ""


def preview_mail(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    release: LiveRelease,
    template: Template,
    *,
    user_id: str,
    account_id: str,
) -> MailPreview:
    """The mail that the template would be for this user of this account now. Nothing is stored or sent."""
    try:
        subject, body = parsed(template, for_mail=True)
    except TemplateError as error:  # a finding says where
        return MailPreview({}, (), problem=error.message)
    paths = subject.paths | body.paths
    facts = facts_for(session, runtime, workspace_id, user_id, account_id, release, paths=paths).values
    numbers = {path: getter(path)(facts) for path in sorted(paths)}
    gone = left_out(body, template.body, facts)
    try:
        written = filled(subject, body, facts)
    except TemplateError as error:
        return MailPreview(numbers, gone, problem=error.message)
    catalog = release.definitions.catalog
    reader = readers.of_person(session, workspace_id, account_id, user_id)
    foot = shown_footer(catalog, reader, account_id, template.kind)
    made = parts(written.body, subject=written.subject, footer=foot, lang=catalog.default_locale)
    return MailPreview(numbers, gone, written.subject, made)
