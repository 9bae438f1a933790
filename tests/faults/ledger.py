"""What a fault test counts at its end: messages decided, in a terminal state, doubled, lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery

TERMINAL = ("sent", "failed", "unknown", "suppressed", "expired", "cancelled")
ROWS: list[tuple[str, Ledger]] = []  # of this run, for the table that `make faults` prints


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of one fault test. `arrived` is what the recipients hold."""

    decided: int
    terminal: int
    sent: int
    unknown: int
    arrived: int
    doubled: int

    @property
    def lost(self) -> int:
        """Said to be sent, and nobody has it."""
        return max(0, self.sent - self.arrived)


def count(database: Database, recipients: list[str]) -> Ledger:
    """The ledger of mail to customers beside what arrived; each is written to once in these tests."""
    to_customers = (Delivery.channel == "email", Delivery.account_id != "")
    with database.read() as session:
        states = Counter(session.scalars(select(Delivery.state).where(*to_customers)))
    copies = Counter(recipients)
    return Ledger(
        decided=sum(states.values()),
        terminal=sum(states[each] for each in TERMINAL),
        sent=states["sent"],
        unknown=states["unknown"],
        arrived=len(copies),
        doubled=sum(number - 1 for number in copies.values()),
    )


def settle(name: str, ledger: Ledger, *, decided: int) -> None:
    """Every message decided is in a terminal state; nobody got two; nothing is lost."""
    ROWS.append((name, ledger))
    assert ledger.decided == ledger.terminal == decided
    assert ledger.doubled == 0 and ledger.lost == 0
    assert ledger.arrived <= ledger.sent + ledger.unknown
