"""The mail that a draft becomes: a person's words, from that person."""

from __future__ import annotations

import re
from email.utils import parseaddr

from sqlalchemy.orm import Session

from waypost_server.channels.email import Mail
from waypost_server.channels.mail_html import Footer, Parts, parts
from waypost_server.domain.errors import NotFoundError
from waypost_server.services import workshop_mail
from waypost_server.services.releases import LiveRelease
from waypost_server.services.return_path import return_path
from waypost_server.services.runtime import Runtime
from waypost_server.store import console_users, message_drafts
from waypost_server.store.tables import Account, ConsoleUser, Delivery, MessageDraft

_MARKS = re.compile(r'[<>",;:\\()@\[\]\r\n]')  # what would end a display name
_HARMLESS = re.compile(r"\\([#+\-.!|~&:\"'=$^%@/?,;{}()])")  # escaped by the template, no markup by itself


def editable(markdown: str) -> str:
    """A filled-in template without the escapes that no markup needs, for a person to edit."""
    return _HARMLESS.sub(r"\1", markdown)


def mail(session: Session, runtime: Runtime, row: Delivery, stop_url: str | None) -> Mail:
    """A delivery that a person sends. Raises NotFoundError when its words or its person are gone."""
    draft = message_drafts.find(session, row.workspace_id, row.task_id)
    person = console_users.get(session, row.workspace_id, row.person)
    if draft is None or person is None:
        raise NotFoundError("the draft or the person who sent it is gone")
    invite = (
        workshop_mail.read(session, runtime, row.workspace_id, row.invitation_id)
        if row.invitation_id
        else None
    )
    return Mail(
        delivery_id=row.id,
        sender=sender(runtime, person),
        recipient=row.recipient,
        subject=draft.subject,
        parts=words(session, runtime, draft, stop_url, workshop_mail.block(invite) if invite else ""),
        calendar=workshop_mail.calendar(runtime, row, invite) if invite else None,
        at=runtime.clock(),
        unsubscribe_url=stop_url,
        reply_to=person.email,
        return_path=return_path(runtime, row.workspace_id, row.id),
    )


def sender(runtime: Runtime, person: ConsoleUser) -> str:
    """Their own address where our mail may come from it (the same domain), else ours with their name."""
    ours = parseaddr(runtime.mail_from)[1]
    same = person.email.rpartition("@")[2].casefold() == ours.rpartition("@")[2].casefold()
    name = " ".join(_MARKS.sub(" ", person.name).split())
    return f"{name} <{person.email if same else ours}>"


def words(
    session: Session, runtime: Runtime, draft: MessageDraft, stop_url: str | None, below: str = ""
) -> Parts:
    """The body in both forms, as it will be sent. `below` is what Waypost adds, in Markdown."""
    release = runtime.releases.pinned(session, draft.workspace_id, draft.release)
    why = footer(session, release, draft.workspace_id, draft.account_id, stop_url)
    return parts(draft.body + below, subject=draft.subject, footer=why)


def footer(
    session: Session,
    release: LiveRelease,
    workspace_id: str,
    account_id: str,
    stop_url: str | None,
    choose_url: str | None = None,
) -> Footer:
    """Why the reader gets a mail, the way out, and the page on which they choose what they get."""
    account = session.get(Account, (workspace_id, account_id))
    name = (account.name if account else "") or account_id
    why = f"You get this because you use {release.definitions.catalog.product} at {name}."
    return Footer(why, stop_url, choose_url)
