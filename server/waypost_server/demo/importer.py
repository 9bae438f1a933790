"""Hand the cast and its history to Waypost through the Python SDK, as a customer's backend would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time

from waypost import Waypost
from waypost_server.demo.cast import Customer, Person
from waypost_server.demo.history import happenings

CHUNK = 4_000  # events between flushes: well inside the SDK's queue


def import_history(
    client: Waypost, customers: tuple[Customer, ...], now: datetime, *, progress: Callable[[int, int], None]
) -> int:
    """Report everything; calls `progress(customers done, of)`. Returns the number of events handed over.

    Message ids are derived from the cast, so importing again changes nothing.
    """
    sent = 0
    for done, customer in enumerate(customers, start=1):
        for person in customer.people:
            describe(client, customer, person)
        sent += 2 * len(customer.people)
        for item in happenings(customer, now):
            client.track(item.person.id, item.event, account_id=customer.id, timestamp=item.at,
                         message_id=item.message_id)  # fmt: skip
            sent += 1
            if sent % CHUNK == 0:
                client.flush(timeout=60)
        progress(done, len(customers))
    client.flush(timeout=120)
    return sent


def describe(client: Waypost, customer: Customer, person: Person) -> None:
    """Who this is, and which account they belong to; known since the account began."""
    since = datetime.combine(customer.started, time(7), UTC)
    client.identify(
        person.id,
        {"name": person.name, "email": person.email, "timezone": person.timezone, "locale": person.locale},
        account_id=customer.id,
        role=person.role,
        timestamp=since,
        message_id=f"{person.id}-{customer.id}-who",
    )
    account = {"name": customer.name, "plan": customer.plan, "mrr": customer.mrr, "industry": customer.industry,
               "seats": len(customer.people), "csm": customer.csm.email,
               "renewal_on": customer.renews.isoformat()}  # fmt: skip
    client.group(
        person.id, customer.id, account, timestamp=since, message_id=f"{person.id}-{customer.id}-group"
    )
