"""Which account an event belongs to: the one it names, else the one its user was last active in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.domain.events import Event
from waypost_server.store import memberships


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a batch, and how far it is believed.

    `trust` is "server" (secret key), "verified" (user token) or "asserted" (public key alone).
    `enforced`: a production workspace, where an asserted user changes nothing.
    `subject` and `group` are the user and account a token speaks for.
    """

    workspace_id: str
    trust: str
    enforced: bool = False
    subject: str | None = None
    group: str | None = None

    @property
    def folds(self) -> bool:
        """False if its events are only kept in the log."""
        return not (self.enforced and self.trust == "asserted")

    @property
    def describes_accounts(self) -> bool:
        """True if it may set an account's traits; in production a browser may not."""
        return self.trust == "server" or not self.enforced


def accounts_of(session: Session, sender: Sender, events: Iterable[Event]) -> dict[str, str]:
    """Account by messageId, '' where none is known. At most two queries a batch.

    A browser in production is believed about the account its token names, and about accounts its user
    already belongs to: naming another one would make it a member there.
    """
    events = list(events)
    named = {each.message_id: each.group_id for each in events}
    if sender.enforced and sender.trust != "server":
        named = _believed(session, sender, events, named)
    lacking = {each.user_id for each in events if each.user_id and not named[each.message_id]}
    if not lacking:
        return named
    known = _named_beside(events, named, lacking)
    unknown = sorted(lacking - known.keys())
    if unknown:
        known.update(memberships.last_accounts(session, sender.workspace_id, unknown))
    return {each.message_id: named[each.message_id] or known.get(each.user_id, "") for each in events}


def _named_beside(events: list[Event], named: dict[str, str], users: set[str]) -> dict[str, str]:
    """The account that another event of the batch names for the same user; the latest one."""
    latest: dict[str, tuple[str, str]] = {}
    for each in events:
        account_id = named[each.message_id]
        if account_id and each.user_id in users:
            latest[each.user_id] = max(latest.get(each.user_id, ("", "")), (each.stamp, account_id))
    return {user_id: account_id for user_id, (_, account_id) in latest.items()}


def _believed(session: Session, sender: Sender, events: list[Event], named: dict[str, str]) -> dict[str, str]:
    pairs = {
        (each.group_id, each.user_id)
        for each in events
        if each.group_id and each.user_id and each.group_id != sender.group
    }
    allowed = set(memberships.existing(session, sender.workspace_id, pairs)) if pairs else set()
    return {
        each.message_id: account_id
        if (account_id == sender.group and each.user_id) or (account_id, each.user_id) in allowed
        else ""
        for each in events
        for account_id in (named[each.message_id],)
    }
