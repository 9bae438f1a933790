"""Send a group of e-mails: write the words, hand over the bodies, mark all of them in one commit, send the dots.

The mark is durable before any dot of the group leaves. A process that dies between the mark and the last
commit leaves the whole group `unknown`, up to `GROUP` of them: that is the price of one commit for many.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from waypost_server.channels.email import GroupMailer, Mail
from waypost_server.channels.mail_headers import HeaderError
from waypost_server.channels.mail_html import Footer, Parts, parts
from waypost_server.channels.outcome import Outcome, Refused
from waypost_server.domain.errors import NotFoundError, TemplateError
from waypost_server.services import draft_mail, restored, workshop_mail
from waypost_server.services.addresses import preferences_url, unsubscribe_url
from waypost_server.services.play_words import write
from waypost_server.services.return_path import return_path
from waypost_server.services.runtime import Runtime
from waypost_server.services.send_checks import check_all
from waypost_server.services.settle_delivery import settle_all
from waypost_server.store import send_group
from waypost_server.store.tables import Delivery

GROUP = 16
LEASE = timedelta(seconds=110)  # longer than a whole group may take: 20 s for the bodies, 75 for the answers
MARK_LEASE = timedelta(seconds=100)  # longer than the mailer waits for the answers to the dots


def group_size(runtime: Runtime) -> int:
    """How many mails share a commit: as many as the mailer can have on the wire at once."""
    return GROUP if isinstance(runtime.mailer, GroupMailer) else 1


def deliver_mails(runtime: Runtime, rows: Sequence[Delivery], fence: str, waiting: Collection[str]) -> None:
    """Check, send and settle one group; `waiting` are the deliveries of the batch that come after it."""
    with runtime.db.write() as session:
        until = runtime.clock() + LEASE
        rows = check_all(session, runtime, rows, fence=fence, lease_until=until, waiting=waiting)
    if not rows:
        return
    runtime.fault("deliver.checked")
    outcomes: dict[str, Outcome] = {}
    mails = _written(runtime, rows, outcomes)
    if mails:
        outcomes |= _hand_over(runtime, mails, rows, fence)
    with runtime.db.write() as session:
        settle_all(session, runtime, rows, fence=fence, outcomes=outcomes)
    runtime.fault("deliver.settled")


def _written(runtime: Runtime, rows: Sequence[Delivery], outcomes: dict[str, Outcome]) -> list[Mail]:
    """The mails; what cannot be written goes to `outcomes`."""
    mails = []
    with runtime.db.read() as session:
        known = send_group.accounts(session, rows[0].workspace_id, {row.account_id for row in rows})
        for row in rows:
            try:
                mails.append(_mail(session, runtime, row))
            except (TemplateError, NotFoundError) as error:
                outcomes[row.id] = Refused(f"not written: {error.message}")
        del known  # the session looks accounts up by key, and finds these as long as somebody holds them
    return mails


def _mail(session: Session, runtime: Runtime, row: Delivery) -> Mail:
    stop_url = (
        None if row.kind == "transactional" else unsubscribe_url(runtime, row.workspace_id, row.recipient)
    )
    if row.calendar in workshop_mail.UPDATES:
        return workshop_mail.update(session, runtime, row)
    if row.person:
        return draft_mail.mail(session, runtime, row, stop_url)
    invite = (
        workshop_mail.read(session, runtime, row.workspace_id, row.invitation_id)
        if row.invitation_id
        else None
    )
    subject, body = _words(session, runtime, row, stop_url, workshop_mail.block(invite) if invite else "")
    return Mail(
        delivery_id=row.id,
        sender=runtime.mail_from,
        recipient=row.recipient,
        subject=subject,
        parts=body,
        at=runtime.clock(),
        unsubscribe_url=stop_url,
        reply_to=(invite.host[1] or None) if invite else None,
        return_path=return_path(runtime, row.workspace_id, row.id),
        calendar=workshop_mail.calendar(runtime, row, invite) if invite else None,
    )


def _words(
    session: Session, runtime: Runtime, row: Delivery, stop_url: str | None, below: str
) -> tuple[str, Parts]:
    if not row.template:
        return row.subject, _notice(runtime, row)
    release = runtime.releases.pinned(session, row.workspace_id, row.release)
    written = write(
        session,
        runtime,
        release,
        workspace_id=row.workspace_id,
        account_id=row.account_id,
        user_id=row.user_id,
        template_key=row.template,
        for_mail=True,
    )
    choose_url = preferences_url(runtime, row.workspace_id, row.user_id) if stop_url and row.user_id else None
    why = draft_mail.footer(session, release, row.workspace_id, row.account_id, stop_url, choose_url)
    return written.subject, parts(written.body + below, subject=written.subject, footer=why)


def _notice(runtime: Runtime, row: Delivery) -> Parts:
    """Words that Waypost itself wrote when it queued them. A try before has left both parts."""
    if row.body_html:
        return Parts(row.body, row.body_html)
    why = f"You get this because you have an account in the Waypost console at {runtime.base_url}."
    return parts(row.body, subject=row.subject, footer=Footer(why, None))


def _hand_over(
    runtime: Runtime, mails: Sequence[Mail], rows: Sequence[Delivery], fence: str
) -> dict[str, Outcome]:
    mailer = runtime.mailer
    assert mailer is not None  # check_all() holds e-mail back while there is none
    if isinstance(mailer, GroupMailer):
        return mailer.send_all(mails, lambda ready: _mark(runtime, rows, fence, ready))
    outcomes: dict[str, Outcome] = {}
    for mail in mails:
        try:
            mark = partial(_may_go, runtime, rows, fence, mail)
            outcomes[mail.delivery_id] = mailer.send(mail, mark)
        except HeaderError as error:
            outcomes[mail.delivery_id] = Refused(f"not written: {error.message}")
    return outcomes


def _may_go(runtime: Runtime, rows: Sequence[Delivery], fence: str, mail: Mail) -> bool:
    return bool(_mark(runtime, rows, fence, [mail]))


def _mark(runtime: Runtime, rows: Sequence[Delivery], fence: str, mails: Sequence[Mail]) -> set[str]:
    """The commit point: from here on these may have left. Keeps the very words that are sent."""
    workspace_id, until = rows[0].workspace_id, runtime.clock() + MARK_LEASE
    with runtime.db.write() as session:
        ours = send_group.ours(
            session, workspace_id, [mail.delivery_id for mail in mails], fence=fence, phase="pre"
        )
        changes = {
            mail.delivery_id: {
                "phase": "commit_point",
                "lease_until": until,
                "subject": mail.subject,
                "body": mail.parts.text,
                "body_html": mail.parts.html,
            }
            for mail in mails
            if mail.delivery_id in ours
        }
        send_group.move_all(session, workspace_id, fence=fence, changes=changes)
        marked = restored.number(session, runtime) if ours else 0
    restored.note(runtime, marked, [row for row in rows if row.id in ours])
    return ours
