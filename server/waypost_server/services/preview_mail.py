"""What a template would say to somebody as a mail: written as a play writes it, with the facts its words read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.channels.mail_html import Parts, parts
from waypost_server.domain.definitions import Template
from waypost_server.services.mail_footer import shown_footer
from waypost_server.services.preview_words import Filled, fill
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import readers


@dataclass(frozen=True, slots=True)
class MailPreview:
    """The mail, and what it was made of; where that has a problem there are no `parts`."""

    made_of: Filled
    subject: str = ""
    parts: Parts | None = None


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
    found = fill(
        session, runtime, workspace_id, release, template,
        user_id=user_id, account_id=account_id, for_mail=True,
    )  # fmt: skip
    if found.written is None:
        return MailPreview(found)
    catalog, subject = release.definitions.catalog, found.written.subject
    reader = readers.of_person(session, workspace_id, account_id, user_id)
    foot = shown_footer(catalog, reader, account_id, template.kind)
    made = parts(found.written.body, subject=subject, footer=foot, lang=catalog.default_locale)
    return MailPreview(found, subject, made)
