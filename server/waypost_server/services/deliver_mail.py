"""Send a group of e-mails: write the words, hand over the bodies, mark all of them in one commit, send the dots.

The mark is durable before any dot of the group leaves. A process that dies between the mark and the last
commit leaves the whole group `unknown`, up to `GROUP` of them: that is the price of one commit for many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from waypost_server.channels.email import GroupMailer, Mail
from waypost_server.channels.mail_headers import HeaderError
from waypost_server.channels.mail_html import Footer, Parts, in_page, parts
from waypost_server.channels.mail_html import body as markdown_body
from waypost_server.channels.mail_layout import laid_out, without_marks
from waypost_server.channels.outcome import Outcome, Refused
from waypost_server.domain.errors import NotFoundError, TemplateError
from waypost_server.services import draft_mail, restored, workshop_mail
from waypost_server.services.mail_footer import footer
from waypost_server.services.play_words import Written, write_to_many
from waypost_server.services.return_path import return_path
from waypost_server.services.runtime import Runtime
from waypost_server.services.send_checks import Passed, check_all
from waypost_server.services.settle_delivery import settle_all
from waypost_server.store import send_group
from waypost_server.store.readers import Reader
from waypost_server.store.tables import Delivery

GROUP = 16
# Longer than a group may take from one renewal to the next: 20 s for the bodies, 55 for the answers to the dots.
# A sweep comes every 15 s, so what a killed worker held goes on within 90 s.
LEASE = timedelta(seconds=70)


def group_size(runtime: Runtime) -> int:
    """How many mails share a commit: as many as the mailer can have on the wire at once."""
    return GROUP if isinstance(runtime.mailer, GroupMailer) else 1


def deliver_mails(runtime: Runtime, rows: Sequence[Delivery], fence: str, waiting: Collection[str]) -> None:
    """Check, send and settle one group; `waiting` are the deliveries of the batch that come after it."""
    with runtime.db.write() as session:
        until = runtime.clock() + LEASE
        passed = check_all(session, runtime, rows, fence=fence, lease_until=until, waiting=waiting)
    if not passed:
        return
    runtime.fault("deliver.checked")
    rows, outcomes = [each.row for each in passed], dict[str, Outcome]()
    mails = _written(runtime, passed, outcomes)
    if mails:
        outcomes |= _hand_over(runtime, mails, rows, fence, waiting)
    with runtime.db.write() as session:
        settle_all(session, runtime, rows, fence=fence, outcomes=outcomes)
    runtime.fault("deliver.settled")


def _written(runtime: Runtime, passed: Sequence[Passed], outcomes: dict[str, Outcome]) -> list[Mail]:
    """The mails; what cannot be written goes to `outcomes`."""
    mails = []
    with runtime.db.read() as session:
        words = _words_of_all(session, runtime, [each.row for each in passed])
        for row, reader in passed:
            try:
                mails.append(_mail(session, runtime, row, reader, words.get(row.id)))
            except (TemplateError, NotFoundError) as error:
                outcomes[row.id] = Refused(f"not written: {error.message}")
    return mails


def _words_of_all(
    session: Session, runtime: Runtime, rows: Sequence[Delivery]
) -> dict[str, Written | TemplateError]:
    """By delivery, the filled-in templates: one statement for all that use the same one."""
    alike: dict[tuple[int, str], list[Delivery]] = defaultdict(list)
    for row in rows:
        if row.template and not row.person:
            alike[row.release, row.template].append(row)
    found: dict[str, Written | TemplateError] = {}
    for (number, template), same in alike.items():
        workspace_id = same[0].workspace_id
        release = runtime.releases.pinned(session, workspace_id, number)
        pairs = [(row.account_id, row.user_id) for row in same]
        written = write_to_many(session, runtime, release, template, workspace_id=workspace_id, readers=pairs)
        found |= zip((row.id for row in same), written, strict=True)
    return found


def _mail(
    session: Session, runtime: Runtime, row: Delivery, reader: Reader, written: Written | TemplateError | None
) -> Mail:
    if isinstance(written, TemplateError):
        raise written
    if written is None and not row.person and row.calendar not in workshop_mail.UPDATES:
        return _notice(runtime, row)
    catalog = runtime.releases.pinned(session, row.workspace_id, row.release).definitions.catalog
    foot = footer(runtime, catalog, reader, row)
    if row.calendar in workshop_mail.UPDATES:
        return workshop_mail.update(session, runtime, row, foot)
    if row.person:
        return draft_mail.mail(session, runtime, row, foot, catalog.default_locale)
    assert written is not None
    invite = None
    if row.invitation_id:
        invite = workshop_mail.read(session, runtime, row.workspace_id, row.invitation_id)
    below = workshop_mail.block(invite) if invite else ""
    # What Waypost adds is another for each reader: there is no layout to share.
    words = markdown_body(without_marks(written.body) + below) if below else laid_out(written.body)
    return Mail(
        delivery_id=row.id,
        sender=runtime.mail_from,
        recipient=row.recipient,
        subject=written.subject,
        parts=in_page(words, subject=written.subject, footer=foot, lang=catalog.default_locale),
        at=runtime.clock(),
        unsubscribe_url=foot.unsubscribe_url,
        reply_to=(invite.host[1] or None) if invite else None,
        return_path=return_path(runtime, row.workspace_id, row.id),
        calendar=workshop_mail.calendar(runtime, row, invite) if invite else None,
    )


def _notice(runtime: Runtime, row: Delivery) -> Mail:
    """Words that Waypost itself wrote when it queued them. A try before has left both parts."""
    why = f"You get this because you have an account in the Waypost console at {runtime.base_url}."
    made = Parts(row.body, row.body_html)
    return Mail(
        delivery_id=row.id,
        sender=runtime.mail_from,
        recipient=row.recipient,
        subject=row.subject,
        parts=made if row.body_html else parts(row.body, subject=row.subject, footer=Footer(why)),
        at=runtime.clock(),
        return_path=return_path(runtime, row.workspace_id, row.id),
    )


def _hand_over(
    runtime: Runtime, mails: Sequence[Mail], rows: Sequence[Delivery], fence: str, waiting: Collection[str]
) -> dict[str, Outcome]:
    mailer = runtime.mailer
    assert mailer is not None  # check_all() holds e-mail back while there is none
    if isinstance(mailer, GroupMailer):
        return mailer.send_all(mails, lambda ready: _mark(runtime, rows, fence, waiting, ready))
    outcomes: dict[str, Outcome] = {}
    for mail in mails:
        try:
            mark = partial(_may_go, runtime, rows, fence, waiting, mail)
            outcomes[mail.delivery_id] = mailer.send(mail, mark)
        except HeaderError as error:
            outcomes[mail.delivery_id] = Refused(f"not written: {error.message}")
    return outcomes


def _may_go(
    runtime: Runtime, rows: Sequence[Delivery], fence: str, waiting: Collection[str], mail: Mail
) -> bool:
    return bool(_mark(runtime, rows, fence, waiting, [mail]))


def _mark(
    runtime: Runtime,
    rows: Sequence[Delivery],
    fence: str,
    waiting: Collection[str],
    mails: Sequence[Mail],
) -> set[str]:
    """The commit point: from here on these may have left. Keeps the very words that are sent.

    What waits for its turn is held on to as well: the answers may take as long as the bodies and more.
    """
    workspace_id, until = rows[0].workspace_id, runtime.clock() + LEASE
    with runtime.db.write() as session:
        if waiting:
            send_group.renew(session, workspace_id, waiting, fence=fence, lease_until=until)
        ours = send_group.mark(
            session,
            workspace_id,
            [(mail.delivery_id, mail.subject, mail.parts.text, mail.parts.html) for mail in mails],
            fence=fence,
            lease_until=until,
        )
        marked = restored.number(session, runtime) if ours else 0
    restored.note(runtime, marked, [row for row in rows if row.id in ours])
    return ours
