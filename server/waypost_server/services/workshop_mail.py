"""What a mail about a workshop holds beside its author's words: time, place, two links, and an entry for calendars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.utils import parseaddr
from typing import Literal

from sqlalchemy.orm import Session

from waypost_server.channels import workshop_words
from waypost_server.channels.email import CalendarPart, Mail
from waypost_server.channels.icalendar import Meeting, meeting
from waypost_server.channels.mail_html import Footer, parts
from waypost_server.channels.workshop_words import WORDS, Words, moment
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.locale import nearest, tag
from waypost_server.domain.workshop import Workshop, WorkshopWords
from waypost_server.services.addresses import workshop_url
from waypost_server.services.return_path import return_path
from waypost_server.services.runtime import Runtime
from waypost_server.store import workshops
from waypost_server.store.tables import Delivery, EndUser, WorkshopInvitation, WorkshopSlot

_MARKUP = re.compile(r"([\\`*_\[\]<>#&!|~])")
UPDATES = ("update", "cancel")  # what a person decided about a meeting that is in calendars already


@dataclass(frozen=True, slots=True)
class Invite:
    """One invitation with everything around it, in its reader's language and zone."""

    invitation: WorkshopInvitation
    slot: WorkshopSlot
    words: Words
    language: str
    text: WorkshopWords
    host: tuple[str, str]
    guest: str
    product: str
    zone: tzinfo
    url: str

    @property
    def when(self) -> str:
        """Day and time where the reader is."""
        return moment(self.words, self.slot.starts_at, self.slot.ends_at, self.zone)


def read(
    session: Session, runtime: Runtime, workspace_id: str, invitation_id: str, *, locale: str | None = None
) -> Invite:
    """`locale` is the browser's, for people whose own is not known. Raises NotFoundError."""
    found = workshops.invitation(session, workspace_id, invitation_id)
    slot = workshops.slot(session, workspace_id, found.slot_id) if found else None
    if found is None or slot is None:
        raise NotFoundError("the invitation is gone")
    release = runtime.releases.pinned(session, workspace_id, found.release)
    definitions = release.definitions
    workshop = next((each for each in definitions.workshops if each.key == found.workshop), None)
    person = session.get(EndUser, (workspace_id, found.user_id))
    wanted = (person.locale if person else None) or locale
    language = nearest(WORDS, wanted, definitions.catalog.default_locale)
    return Invite(
        invitation=found,
        slot=slot,
        words=WORDS[language],
        language=language,
        text=_text(workshop, wanted, definitions.catalog.default_locale, found.workshop),
        host=(workshop.host.name, workshop.host.email) if workshop else ("", ""),
        guest=(person.name if person else None) or "",
        product=definitions.catalog.product,
        zone=zone_of((person.timezone if person else None) or slot.timezone),
        url=workshop_url(runtime, workspace_id, invitation_id),
    )


def hindrance(session: Session, row: Delivery, now: datetime) -> str:
    """Why a mail about a workshop is no longer right; "" when it is."""
    if row.calendar == "cancel":
        return ""
    found = workshops.invitation(session, row.workspace_id, row.invitation_id)
    slot = workshops.slot(session, row.workspace_id, found.slot_id) if found else None
    if slot is None or slot.state != "open":
        return "the workshop was cancelled"
    return "the workshop has begun" if slot.starts_at <= now else ""


def block(invite: Invite) -> str:
    """What stands below the author's words, in Markdown: what, when, where, and the two answers."""
    words = invite.words
    lines = [f"**{_plain(invite.text.title)}**", f"{words.when}: {_plain(invite.when)}"]
    if invite.slot.place:
        lines.append(f"{words.where}: {_place(invite.slot.place)}")
    if invite.host[0]:
        lines.append(f"{words.host}: {_plain(invite.host[0])}")
    answers = f"[{words.yes}]({invite.url}?answer=yes) · [{words.no}]({invite.url}?answer=no)"
    return "\n\n---\n\n" + "  \n".join(lines) + f"\n\n**{words.answer}** {answers}\n"


def calendar(runtime: Runtime, row: Delivery, invite: Invite) -> CalendarPart:
    """The entry that this delivery carries."""
    method: Literal["REQUEST", "CANCEL"] = "CANCEL" if row.calendar == "cancel" else "REQUEST"
    said = invite.invitation.state
    one = Meeting(
        uid=f"{invite.invitation.id}@waypost",
        revision=invite.slot.revision,
        method=method,
        starts_at=invite.slot.starts_at,
        ends_at=invite.slot.ends_at,
        title=invite.text.title,
        words=f"{invite.text.description}\n\n{invite.words.answer} {invite.url}".strip(),
        place=invite.slot.place,
        url=invite.url,
        organizer=_organizer(runtime, invite),
        guest=(invite.guest, row.recipient),
        answer="ACCEPTED" if said == "accepted" else "DECLINED" if said == "declined" else "NEEDS-ACTION",
        made_at=row.created_at,
    )
    return CalendarPart(method, meeting(one))


def update(session: Session, runtime: Runtime, row: Delivery, foot: Footer) -> Mail:
    """The mail that says a slot has another time, or is off. Raises NotFoundError."""
    invite = read(session, runtime, row.workspace_id, row.invitation_id)
    is_off = row.calendar == "cancel"
    line = invite.words.cancelled if is_off else invite.words.moved
    subject = line.format(invite.text.title)
    body = f"{invite.words.off}\n\n{_plain(invite.when)}\n\n{_plain(invite.slot.reason)}" if is_off else ""
    return Mail(
        delivery_id=row.id,
        sender=runtime.mail_from,
        recipient=row.recipient,
        subject=subject,
        parts=parts(
            body if is_off else block(invite).removeprefix("\n\n---\n\n"),
            subject=subject,
            footer=foot,
            lang=invite.language,
        ),
        at=runtime.clock(),
        reply_to=invite.host[1] or None,
        return_path=return_path(runtime, row.workspace_id, row.id),
        calendar=calendar(runtime, row, invite),
    )


def _organizer(runtime: Runtime, invite: Invite) -> tuple[str, str]:
    name, address = parseaddr(runtime.mail_from)
    return (invite.host[0] or name or invite.product, invite.host[1] or address)


def _text(workshop: Workshop | None, wanted: str | None, default: str, key: str) -> WorkshopWords:
    if workshop is None or not workshop.content:
        return WorkshopWords(workshop.title if workshop else key)
    written = {tag(language): words for language, words in workshop.content.items()}
    return written[nearest(written, wanted, default)]


def _plain(text: str) -> str:
    """Words that are no markup, whatever they hold."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _place(place: str) -> str:
    return f"<{place}>" if re.fullmatch(r"https?://[^\s<>]+", place) else _plain(place)


__all__ = ["UPDATES", "Invite", "block", "calendar", "hindrance", "read", "update", "workshop_words"]
