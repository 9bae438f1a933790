"""What every use case is given: the database, the clock, ids, dice, and the way out of the building."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from waypost_server.channels.chat import Chatter
from waypost_server.channels.email import Mailer, no_fault
from waypost_server.channels.webhook import Poster
from waypost_server.store.database import Database
from waypost_server.store.due import Claimed
from waypost_server.store.sent_journal import SentJournal

if TYPE_CHECKING:
    from waypost_server.services.releases import ReleaseCache


class Doorbell(Protocol):
    """Wakes a worker. Best effort: losing a ring costs seconds, never work."""

    def ring(self) -> None: ...


class SilentDoorbell:
    """For when Redis is absent: the sweep finds the work."""

    def ring(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Runtime:
    """Dependencies of the use cases, built once by `app.create_app`."""

    db: Database
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    dice: Callable[[], float]
    releases: ReleaseCache
    doorbell: Doorbell
    secret: str = field(repr=False)
    base_url: str
    mail_from: str = "Waypost <waypost@localhost>"
    bounce_address: str | None = None  # where mail servers report to; each mail gets its own form of it
    mailer: Mailer | None = None  # None: e-mail waits
    sending: bool = True  # False: this process claims nothing to send (WAYPOST_SENDING=0)
    poster: Poster | None = None  # None: webhooks wait
    chat: Chatter | None = None  # None: chat waits
    sent: SentJournal | None = None  # None: no record is kept outside the database
    interrupted: list[Claimed] = field(
        default_factory=list
    )  # what outages of the database cut off; see outage.py
    fault: Callable[[str], None] = no_fault  # a named point at which a test may kill the process
