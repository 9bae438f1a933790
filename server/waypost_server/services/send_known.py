"""What the last checks of a group of deliveries look at, read once for all of them under their locks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.budget import TouchSeen, longest_window
from waypost_server.domain.consent import Answer
from waypost_server.domain.policy import Policy
from waypost_server.services import restored
from waypost_server.services.addresses import address_hash
from waypost_server.services.mail_rate import Slots, hold_slots
from waypost_server.services.runtime import Runtime
from waypost_server.store import endpoints, suppressions
from waypost_server.store import send_group as group
from waypost_server.store.send_group import Spent, Surroundings
from waypost_server.store.tables import Delivery, Endpoint


@dataclass(frozen=True, slots=True)
class Known:
    """The group's surroundings, by delivery, account, person or release."""

    around: dict[str, Surroundings]
    policies: dict[int, Policy]  # by the release that decided: the live one's where there is one
    suppressed: set[str]
    muting: dict[str, set[str]]
    answers: dict[str, list[Answer]]
    of_people: dict[str, list[Spent]]
    of_accounts: dict[str, list[Spent]]
    left_before: dict[str, list[int]]  # what left in a time that this database forgot
    endpoints: dict[endpoints.Name, Endpoint]  # where webhooks and chat messages go
    slots: Slots  # what is left for mail domains that are limited
    spending: list[dict[str, Any]] = field(
        default_factory=list
    )  # slots that this group takes, yet to be written

    def is_ours(self, row: Delivery) -> bool:
        """Whether only our own people read it: a notice, or a message to a room that no customer is in."""
        if not row.account_id:
            return True
        return row.channel == "chat" and self.policies[row.release].is_ours(row.recipient)

    def spend(self, touch: dict[str, Any], play: str) -> None:
        """A delivery of this group takes a slot; those after it must see that."""
        self.spending.append(touch)
        seen = TouchSeen(touch["at"], touch["kind"], touch["channel"], touch["user_id"], touch["account_id"])
        for by, key in ((self.of_people, seen.user_id), (self.of_accounts, seen.account_id)):
            by.setdefault(key, []).append(Spent(touch["id"], play, seen))

    def touches(self, found: Iterable[Spent] | None, row: Delivery) -> list[TouchSeen]:
        """All but the delivery's own, from a try before."""
        return [each.seen for each in found or () if each.id != f"delivery:{row.id}"]


def read_known(session: Session, runtime: Runtime, rows: Sequence[Delivery], now: datetime) -> Known:
    """Nine statements at most, however many deliveries there are."""
    workspace_id = rows[0].workspace_id
    users, accounts = {row.user_id for row in rows} - {""}, {row.account_id for row in rows} - {""}
    live = runtime.releases.live(session, workspace_id)
    policies = {
        row.release: (live or runtime.releases.pinned(session, workspace_id, row.release)).definitions.policy
        for row in rows
    }
    mail = any(row.channel != "webhook" and row.kind != "transactional" for row in rows)
    by_person = max(_person_window(policy) for policy in policies.values())
    by_account = max(longest_window(policy, "account") for policy in policies.values())
    return Known(
        around=group.surroundings(session, workspace_id, [row.id for row in rows]),
        policies=policies,
        suppressed=suppressions.known(
            session, workspace_id, {recipient_hash(runtime, row) for row in rows if row.channel == "email"}
        ),
        muting=group.muting_runs(session, workspace_id, accounts),
        answers=group.mail_answers(session, workspace_id, users) if mail else {},
        of_people=group.touches_of_people(session, workspace_id, users, since=now - by_person)
        if mail and by_person
        else {},
        of_accounts=group.touches_of_accounts(session, workspace_id, accounts, since=now - by_account)
        if mail and by_account
        else {},
        slots=hold_slots(session, workspace_id, ((row, policies[row.release]) for row in rows), now),
        endpoints=endpoints.named(
            session, workspace_id, {(row.channel, row.recipient) for row in rows if row.channel != "email"}
        ),
        left_before=restored.left_before(session, runtime, rows),
    )


def recipient_hash(runtime: Runtime, row: Delivery) -> str:
    """Under which a suppression of this address would be kept."""
    return address_hash(runtime, row.workspace_id, row.recipient)


def _person_window(policy: Policy) -> timedelta:
    rule = policy.play_emails
    return max(longest_window(policy, "person"), timedelta(seconds=rule.per_seconds if rule else 0))
