"""What the last checks of a group of deliveries read and write: a bounded number of statements for any group."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from waypost_server.domain.budget import TouchSeen
from waypost_server.domain.consent import Answer
from waypost_server.store.tables import (
    Account,
    Attempt,
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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a delivery is about, as it is now. Only the workspace is sure to be there."""

    workspace: Workspace
    account: Account | None
    person: EndUser | None
    run: PlayRun | None
    signal: Signal | None


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


def ours(
    session: Session, workspace_id: str, ids: Collection[str], *, fence: str, phase: str | None = None
) -> set[str]:
    """Which of these are still being sent under this fence; they stay locked until the commit."""
    query = select(Delivery.id).where(
        Delivery.workspace_id == workspace_id,
        Delivery.id.in_(ids),
        Delivery.fence == fence,
        Delivery.state == "sending",
    )
    if phase is not None:
        query = query.where(Delivery.phase == phase)
    return set(session.scalars(query.order_by(Delivery.id).with_for_update()))


def renew(
    session: Session, workspace_id: str, ids: Collection[str], *, fence: str, lease_until: datetime
) -> None:
    """Hold on to what is not past its commit point; the rest of a batch waits for the group before it."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.id.in_(ids),
            Delivery.fence == fence,
            Delivery.state == "sending",
            Delivery.phase == "pre",
        )
        .values(lease_until=lease_until)
        .execution_options(synchronize_session=False)
    )


def move_all(
    session: Session, workspace_id: str, *, fence: str, changes: Mapping[str, Mapping[str, Any]]
) -> None:
    """Change deliveries that are being sent under this fence, each in its own way; all name the same columns."""
    if not changes:
        return
    table = cast(Table, Delivery.__table__)
    query = update(table).where(
        table.c.workspace_id == bindparam("of_workspace"),
        table.c.id == bindparam("of_id"),
        table.c.fence == bindparam("of_fence"),
        table.c.state == "sending",
    )
    given = {"of_workspace": workspace_id, "of_fence": fence}
    session.connection().execute(
        query, [{**given, "of_id": each, **changes[each]} for each in sorted(changes)]
    )


def add_attempts(session: Session, attempts: Sequence[Mapping[str, Any]]) -> None:
    """Note one try of each."""
    if attempts:
        session.connection().execute(insert(cast(Table, Attempt.__table__)), attempts)


def surroundings(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, Surroundings]:
    """Everything around these deliveries, in one statement, read afresh."""
    found = session.execute(
        select(Delivery.id, Workspace, Account, EndUser, PlayRun, Signal)
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


def accounts(session: Session, workspace_id: str, ids: Collection[str]) -> Sequence[Account]:
    """The accounts of a group; whoever asks the session for one of them next gets it without a statement."""
    return session.scalars(
        select(Account).where(Account.workspace_id == workspace_id, Account.id.in_(ids))
    ).all()


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
    for user, *answer in rows:
        said.setdefault(user, []).append(Answer(*answer))
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
