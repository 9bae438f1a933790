"""What the last checks of a group of deliveries read and write: a bounded number of statements for any group."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.domain.budget import TouchSeen
from waypost_server.domain.consent import Answer
from waypost_server.store import bulk, stops
from waypost_server.store.play_pauses import not_paused
from waypost_server.store.readers import Reader
from waypost_server.store.tables import (
    Account,
    Consent,
    Delivery,
    EndUser,
    PlayRun,
    Signal,
    Task,
    Touch,
    Workspace,
)
from waypost_server.store.tasks import OPEN

MOST_TOUCHES = 500  # of one person or account; no cap is near it
OF_DELIVERY = "delivery:"  # before the id of a touch that a delivery made
OURS = "delivery.workspace_id = {0} and delivery.id = r.id and delivery.fence = {1} and delivery.state = 'sending'"
IDS = bulk.columns("id")
RENEW = f"""
update delivery set lease_until = {{2}} from {{rows}} where {OURS} and delivery.phase = 'pre' returning delivery.id
"""
WORDS = bulk.columns("id, subject, body, body_html")
MARK = f"""
update delivery set phase = 'commit_point', lease_until = {{2}}, subject = r.subject, body = r.body,
  body_html = r.body_html
from {{rows}} where {OURS} and delivery.phase = 'pre' returning delivery.id
"""
TIMES = bulk.columns("id, at timestamptz")
PUT_OFF = f"""
update delivery set state = 'pending', phase = '', fence = null, lease_until = null, claims = delivery.claims - 1,
  not_before = r.at, reason = {{2}}
from {{rows}} where {OURS} and delivery.phase = 'pre'
"""
ANSWERS = bulk.columns("id, answer")
SENT = f"""
update delivery set state = 'sent', reason = r.answer, ended_at = {{2}}, attempts = delivery.attempts + 1,
  phase = '', fence = null, lease_until = null, claims = 0
from {{rows}} where {OURS} returning delivery.id, delivery.attempts
"""
TRIES = bulk.columns("id, n integer, answer")
NOTE = """
insert into attempt (workspace_id, delivery_id, n, at, outcome, detail)
select {0}, r.id, r.n, {1}, 'sent', r.answer from {rows} where true
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a delivery is about, as it is now. Only the workspace is sure to be there."""

    workspace: Workspace
    account: Account | None
    person: EndUser | None
    run: PlayRun | None
    signal: Signal | None
    is_stopped: bool  # a kill switch is thrown
    is_paused: bool  # its play is

    @property
    def reader(self) -> Reader:
        """What the footer of a mail says of whom it is for."""
        name = self.account.name if self.account else None
        return Reader(name or "", self.person.locale if self.person else None)


@dataclass(frozen=True, slots=True)
class Spent:
    """A touch and, if a delivery made it, which one of which play."""

    id: str
    play: str | None
    seen: TouchSeen


def lock_subjects(session: Session, workspace_id: str, rows: Collection[Delivery]) -> None:
    """Lock the people, then the accounts, each in order of id, as claims of nudges do; SQLite has locked everything."""
    if session.get_bind().dialect.name == "sqlite":
        return
    for table, ids in ((EndUser, {row.user_id for row in rows}), (Account, {row.account_id for row in rows})):
        locking = select(table.id).where(table.workspace_id == workspace_id, table.id.in_(ids))
        session.scalars(locking.order_by(table.id).with_for_update()).all()


def renew(
    session: Session, workspace_id: str, ids: Collection[str], *, fence: str, lease_until: datetime
) -> set[str]:
    """Hold on to what is not past its commit point, and say which of these that is; they stay locked."""
    rows = [(each,) for each in sorted(ids)]
    return {row[0] for row in bulk.run(session, RENEW, IDS, rows, (workspace_id, fence, lease_until))}


def put_off(
    session: Session, workspace_id: str, times: Mapping[str, datetime], *, fence: str, reason: str
) -> None:
    """Give these back, each until its time, as if they had not been claimed."""
    bulk.run(session, PUT_OFF, TIMES, sorted(times.items()), (workspace_id, fence, reason))


def mark(
    session: Session,
    workspace_id: str,
    words: Sequence[tuple[str, str, str, str]],
    *,
    fence: str,
    lease_until: datetime,
) -> set[str]:
    """The commit point of those that are still ours, with the words that are sent: (id, subject, text, HTML)."""
    rows = bulk.run(session, MARK, WORDS, sorted(words), (workspace_id, fence, lease_until))
    return {row[0] for row in rows}


def end_as_sent(
    session: Session, workspace_id: str, answers: Mapping[str, str], *, fence: str, at: datetime
) -> dict[str, int]:
    """Write down that these were sent, with the server's answer to each; those that were still ours, with the
    number of the try."""
    rows = bulk.run(session, SENT, ANSWERS, sorted(answers.items()), (workspace_id, fence, at))
    tries = {row[0]: row[1] for row in rows}
    noted = [(each, tries[each], answers[each]) for each in sorted(tries)]
    if noted:
        bulk.run(session, NOTE, TRIES, noted, (workspace_id, at))
    return tries


def surroundings(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, Surroundings]:
    """Everything around these deliveries, in one statement, read afresh."""
    stopped = stops.is_standing(Delivery.workspace_id)
    found = session.execute(
        select(Delivery.id, Workspace, Account, EndUser, PlayRun, Signal, stopped, ~not_paused(Delivery))
        .select_from(Delivery)
        .join(Workspace, Workspace.id == Delivery.workspace_id)
        .outerjoin(
            Account, (Account.workspace_id == Delivery.workspace_id) & (Account.id == Delivery.account_id)
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Delivery.workspace_id) & (EndUser.id == Delivery.user_id)
        )
        .outerjoin(PlayRun, (PlayRun.workspace_id == Delivery.workspace_id) & (PlayRun.id == Delivery.run_id))
        .outerjoin(Signal, (Signal.workspace_id == Delivery.workspace_id) & (Signal.id == PlayRun.signal_id))
        .where(Delivery.workspace_id == workspace_id, Delivery.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    return {row[0]: Surroundings(*row[1:]) for row in found}


def account_traits(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """By account."""
    found = select(Account.id, Account.traits).where(
        Account.workspace_id == workspace_id, Account.id.in_(ids)
    )
    return {row.id: row.traits for row in session.execute(found)}


def muting_runs(session: Session, workspace_id: str, accounts: Collection[str]) -> dict[str, set[str]]:
    """Account → the runs whose open task mutes digital plays for it."""
    rows = session.execute(
        select(Task.account_id, Task.run_id).where(
            Task.workspace_id == workspace_id,
            Task.account_id.in_(accounts),
            Task.state.in_(OPEN),
            Task.mute_digital.is_(True),
        )
    )
    muting: dict[str, set[str]] = {}
    for account, run in rows:
        muting.setdefault(account, set()).add(run)
    return muting


def mail_answers(session: Session, workspace_id: str, users: Collection[str]) -> dict[str, list[Answer]]:
    """User → what they said about e-mail, or about every channel."""
    rows = session.execute(
        select(Consent.user_id, Consent.channel, Consent.topic, Consent.allowed, Consent.at).where(
            Consent.workspace_id == workspace_id,
            Consent.user_id.in_(users),
            Consent.channel.in_(("email", "all")),
        )
    )
    said: dict[str, list[Answer]] = {}
    for user, channel, topic, allowed, at in rows:
        said.setdefault(user, []).append(Answer(channel, topic, allowed, at))
    return said


def touches_of_people(
    session: Session, workspace_id: str, users: Collection[str], *, since: datetime
) -> dict[str, list[Spent]]:
    """User → their newest touches."""
    found = _touches(session, workspace_id, Touch.user_id, users, since)
    return _grouped(found, lambda spent: spent.seen.user_id)


def touches_of_accounts(
    session: Session, workspace_id: str, accounts: Collection[str], *, since: datetime
) -> dict[str, list[Spent]]:
    """Account → the newest touches of its people."""
    found = _touches(session, workspace_id, Touch.account_id, accounts, since)
    return _grouped(found, lambda spent: spent.seen.account_id)


def _touches(
    session: Session, workspace_id: str, whose: Any, ids: Collection[str], since: datetime
) -> list[Spent]:
    place = func.row_number().over(partition_by=whose, order_by=Touch.at.desc()).label("place")
    newest = (
        select(Touch.id, Touch.at, Touch.kind, Touch.channel, Touch.user_id, Touch.account_id, place)
        .where(Touch.workspace_id == workspace_id, whose.in_(ids), Touch.at > since)
        .subquery()
    )
    of_delivery = (Delivery.workspace_id == workspace_id) & newest.c.id.startswith(OF_DELIVERY)
    its_id = func.substr(
        newest.c.id, len(OF_DELIVERY) + 1
    )  # the key itself, or each touch reads every delivery
    rows = session.execute(
        select(newest, Delivery.play)
        .outerjoin(Delivery, of_delivery & (Delivery.id == its_id))
        .where(newest.c.place <= MOST_TOUCHES)
    )
    return [
        Spent(id_, play, TouchSeen(at, kind, channel, user, account))
        for id_, at, kind, channel, user, account, _, play in rows
    ]


def _grouped(found: list[Spent], key: Any) -> dict[str, list[Spent]]:
    by: dict[str, list[Spent]] = {}
    for spent in found:
        by.setdefault(key(spent), []).append(spent)
    return by
