"""The mail that a draft becomes: a person's words, from that person."""

from __future__ import annotations

import re
from email.utils import parseaddr

from sqlalchemy.orm import Session

from waypost_server.channels.email import Mail
from waypost_server.channels.mail_html import Footer, Parts, parts
from waypost_server.domain.errors import NotFoundError
from waypost_server.services import workshop_mail
from waypost_server.services.mail_footer import shown_footer
from waypost_server.services.return_path import return_path
from waypost_server.services.runtime import Runtime
from waypost_server.store import console_users, message_drafts, readers
from waypost_server.store.tables import ConsoleUser, Delivery, MessageDraft

_MARKS = re.compile(r'[<>",;:\\()@\[\]\r\n]')  # what would end a display name
_HARMLESS = re.compile(r"\\([#+\-.!|~&:\"'=$^%@/?,;{}()])")  # escaped by the template, no markup by itself


def editable(markdown: str) -> str:
    """A filled-in template without the escapes that no markup needs, for a person to edit."""
    return _HARMLESS.sub(r"\1", markdown)


def mail(session: Session, runtime: Runtime, row: Delivery, foot: Footer, lang: str) -> Mail:
    """A delivery that a person sends; `lang` is what its words are taken to be in. Raises NotFoundError when its
    words or its person are gone."""
    draft = message_drafts.find(session, row.workspace_id, row.task_id)
    person = console_users.get(session, row.workspace_id, row.person)
    if draft is None or person is None:
        raise NotFoundError("the draft or the person who sent it is gone")
    invite = None
    if row.invitation_id:
        invite = workshop_mail.read(session, runtime, row.workspace_id, row.invitation_id)
    below = workshop_mail.block(invite) if invite else ""
    return Mail(
        delivery_id=row.id,
        sender=sender(runtime, person),
        recipient=row.recipient,
        subject=draft.subject,
        parts=parts(draft.body + below, subject=draft.subject, footer=foot, lang=lang),
        calendar=workshop_mail.calendar(runtime, row, invite) if invite else None,
        at=runtime.clock(),
        unsubscribe_url=foot.unsubscribe_url,
        reply_to=person.email,
        return_path=return_path(runtime, row.workspace_id, row.id),
    )


def sender(runtime: Runtime, person: ConsoleUser) -> str:
    """Their own address where our mail may come from it (the same domain), else ours with their name."""
    ours = parseaddr(runtime.mail_from)[1]
    same = person.email.rpartition("@")[2].casefold() == ours.rpartition("@")[2].casefold()
    name = " ".join(_MARKS.sub(" ", person.name).split())
    return f"{name} <{person.email if same else ours}>"


def preview(session: Session, runtime: Runtime, draft: MessageDraft) -> Parts:
    """The body in both forms, as it will be sent; the links of its footer lead nowhere."""
    catalog = runtime.releases.pinned(session, draft.workspace_id, draft.release).definitions.catalog
    reader = readers.of_person(session, draft.workspace_id, draft.account_id, draft.user_id)
    foot = shown_footer(catalog, reader, draft.account_id, draft.kind)
    return parts(draft.body, subject=draft.subject, footer=foot, lang=catalog.default_locale)
