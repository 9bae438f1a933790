"""Who looks after an account: a person names them, or lets the trait `csm` decide.

New tasks go to the owner in force. Open tasks of the owner before go along, so that nobody is left with work for
an account that is no longer theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError
from waypost_server.domain.traits import text_trait
from waypost_server.services import named_account, named_person, task_moves
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_moves import By
from waypost_server.store import account_owners, audit, console_users, past_values, tasks
from waypost_server.store.tables import Account

REASON = 300  # characters
AT_ONCE = 500  # open tasks of one account that go along


@dataclass(frozen=True, slots=True)
class Handed:
    """The owner in force (a console user's id), and how many open tasks went along."""

    owner: str | None
    tasks: int


def set_owner(
    runtime: Runtime,
    workspace_id: str,
    account_id: str,
    owner: str,
    *,
    person: str,
    reason: str = "",
    via: str = "",
) -> Handed:
    """From now on `owner` (a console user's id or e-mail) looks after the account, whatever the trait says.

    Raises NotFoundError for the account, BadInputError for somebody who has no login.
    """
    with runtime.db.write() as session:
        account = named_account.locked(session, workspace_id, account_id)
        who = named_person.of_id(session, workspace_id, person).id
        named = console_users.get(session, workspace_id, owner) or console_users.by_email(
            session, workspace_id, owner
        )
        if named is None or named.disabled_at is not None:
            message = f"{owner or 'Nobody'} has no login here. Choose somebody of the team, by id or e-mail."
            raise BadInputError(message, code="unknown_owner")
        handed = _apply(
            session, runtime, account, owner=named.id, word=named.id, by=who, reason=reason, via=via
        )
    runtime.doorbell.ring()
    return handed


def withdraw_owner(
    runtime: Runtime, workspace_id: str, account_id: str, *, person: str, via: str = ""
) -> Handed:
    """Back to whom the trait `csm` names. Raises NotFoundError, and ConflictError when nobody is named by hand."""
    with runtime.db.write() as session:
        account = named_account.locked(session, workspace_id, account_id)
        who = named_person.of_id(session, workspace_id, person).id
        if account.owner_set is None:
            raise ConflictError("Nobody has named this account's owner: the trait csm decides already.")
        handed = _apply(
            session, runtime, account, owner=by_trait(session, account), word=None, by=who, reason="", via=via
        )
    runtime.doorbell.ring()
    return handed


def by_trait(session: Session, account: Account) -> str | None:
    """Whom the trait `csm` names; None when it names nobody of ours."""
    email = text_trait(account.traits, "csm")
    found = console_users.by_email(session, account.workspace_id, email) if email else None
    return found.id if found else None


def _apply(
    session: Session,
    runtime: Runtime,
    account: Account,
    *,
    owner: str | None,
    word: str | None,
    by: str,
    reason: str,
    via: str,
) -> Handed:
    now, workspace_id, before = runtime.clock(), account.workspace_id, account.owner
    reason = reason.replace("\x00", "").strip()[:REASON]
    was = {"owner": before, "by_hand": account.owner_set is not None}
    if owner != before:
        past_values.keep(session, workspace_id, account.id, {"owner": before}, at=now)
    account_owners.apply(session, workspace_id, account.id, owner=owner, word=word)
    said = {"owner": owner, "by_trait": word is None, "reason": reason, "person": by, "at": now}
    key = {"workspace_id": workspace_id, "account_id": account.id, "id": runtime.new_id()}
    account_owners.add(session, {**key, **said})
    after = {"owner": owner, "by_hand": word is not None, "reason": reason, "via": via}
    action = "owner.withdrawn" if word is None else "owner.set"
    entry = audit.Entry(runtime.new_id(), now, by, action, f"account:{account.id}", before=was, after=after)
    audit.append(session, workspace_id, entry)
    moved = _hand_over(session, runtime, account, before, owner, by) if owner != before else 0
    return Handed(owner, moved)


def _hand_over(
    session: Session, runtime: Runtime, account: Account, before: str | None, owner: str | None, by: str
) -> int:
    if before is None or owner is None:
        return 0
    found = tasks.page(session, account.workspace_id, owner=before, account_id=account.id, limit=AT_ONCE)
    for task in found:
        move = task_moves.reassigned(session, account.workspace_id, owner, "the account has a new owner")
        task_moves.make(session, runtime, task, [move], By(by))
    return len(found)
