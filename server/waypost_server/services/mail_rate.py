"""No more mails to a mail domain than policy.yaml says; the rest waits for the next window, and says why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.policy import MailRate, Policy
from waypost_server.store import mail_slots
from waypost_server.store.mail_slots import Slot
from waypost_server.store.tables import Delivery


@dataclass(slots=True)
class Slots:
    """What is left for the domains of a group of mails, under their locks. Empty where nothing is limited."""

    taken: dict[Slot, int] = field(default_factory=dict)

    def take(self, row: Delivery, policy: Policy, now: datetime) -> tuple[datetime, str] | None:
        """Take a slot; (until when, why) to wait when there is none left."""
        domain = domain_of(row)
        rate = policy.mail_rate(domain)
        if rate is None:
            return None
        slot = (domain, _start(rate, now))
        if self.taken.get(slot, 0) >= rate.max:
            until = slot[1] + timedelta(seconds=rate.per_seconds)
            return until, f"{domain} gets {rate.max} mails in {_span(rate.per_seconds)}; this one is next"
        self.taken[slot] = self.taken.get(slot, 0) + 1
        return None

    def give_back(self, row: Delivery, policy: Policy, now: datetime) -> None:
        """The slot that was just taken, of a mail that does not leave after all."""
        rate = policy.mail_rate(domain_of(row))
        if rate is not None:
            self.taken[domain_of(row), _start(rate, now)] -= 1

    def write(self, session: Session, workspace_id: str) -> None:
        """Keep what was taken."""
        if self.taken:
            mail_slots.write(session, workspace_id, self.taken)


def hold_slots(
    session: Session, workspace_id: str, pairs: Iterable[tuple[Delivery, Policy]], now: datetime
) -> Slots:
    """Lock the windows that a group of mails falls into."""
    wanted = {
        (domain_of(row), _start(rate, now))
        for row, policy in pairs
        if row.channel == "email" and (rate := policy.mail_rate(domain_of(row))) is not None
    }
    return Slots(mail_slots.hold(session, workspace_id, wanted) if wanted else {})


def domain_of(row: Delivery) -> str:
    """The part of an address behind the @, as it is compared."""
    return row.recipient.rpartition("@")[2].strip().lower()


def _start(rate: MailRate, now: datetime) -> datetime:
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % rate.per_seconds, UTC)


def _span(seconds: int) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return (
                f"a {unit}"
                if count == 1 and unit != "hour"
                else "an hour"
                if count == 1
                else f"{count} {unit}s"
            )
    return f"{seconds} seconds"
