"""What a template would say to somebody as a mail: written as a play writes it, with the facts its words read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.channels.mail_html import Parts, parts
from waypost_server.domain.definitions import Catalog, Template
from waypost_server.services.mail_footer import shown_footer
from waypost_server.services.preview_words import Filled
from waypost_server.store import readers


@dataclass(frozen=True, slots=True)
class MailPreview:
    """The mail, and what it was made of; where that has a problem there are no `parts`."""

    made_of: Filled
    subject: str = ""
    parts: Parts | None = None


def preview_mail(
    session: Session,
    workspace_id: str,
    catalog: Catalog,
    template: Template,
    found: Filled,
    *,
    user_id: str,
    account_id: str,
) -> MailPreview:
    """The mail of words that were filled in for this user of this account. Nothing is stored or sent."""
    if found.written is None:
        return MailPreview(found)
    subject = found.written.subject
    reader = readers.of_person(session, workspace_id, account_id, user_id)
    foot = shown_footer(catalog, reader, account_id, template.kind)
    made = parts(found.written.body, subject=subject, footer=foot, lang=catalog.default_locale)
    return MailPreview(found, subject, made)
