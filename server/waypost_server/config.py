"""Settings: one frozen object, made at the edge. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from waypost_server.domain.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where e-mail goes. Without a host, mail is written to `Settings.mailbox`."""

    host: str
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process of Waypost needs to know about its surroundings."""

    database_url: str
    redis_url: str | None = None
    secret: str = field(
        default="", repr=False
    )  # signs links and cookies; kept in the data folder or WAYPOST_SECRET
    base_url: str = "http://127.0.0.1:7400"
    mail_from: str = "Waypost <waypost@localhost>"
    bounce_address: str | None = None
    smtp: Smtp | None = None
    mailbox: Path | None = None
    metrics_token: str | None = field(default=None, repr=False)  # who sends it may read /metrics
    proxies: int = 0  # in front of us, whose X-Forwarded-* headers are believed; 0: nobody's
    sending: bool = True  # False: nothing leaves, whatever is decided
    allow_loopback: bool = False  # development: webhooks may go to this machine, over plain http
    sent_journal: Path | None = None  # what left the building, kept outside the database
    fault: str | None = None  # tests: the point at which a process kills itself
    testing: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read WAYPOST_* variables. An empty one is as good as not set: so compose files leave one out.

        Raises KeyError naming the variable when WAYPOST_DATABASE_URL or WAYPOST_SECRET is missing, BadInputError
        when WAYPOST_PROXIES is no number.
        """
        environ = {name: value for name, value in environ.items() if value}
        smtp_host = environ.get("WAYPOST_SMTP_HOST")
        mailbox = environ.get("WAYPOST_MAILBOX")
        base_url = environ.get("WAYPOST_BASE_URL", "http://127.0.0.1:7400").rstrip("/")
        smtp = (
            Smtp(
                host=smtp_host,
                port=int(environ.get("WAYPOST_SMTP_PORT", "587")),
                user=environ.get("WAYPOST_SMTP_USER"),
                password=environ.get("WAYPOST_SMTP_PASSWORD"),
                starttls=environ.get("WAYPOST_SMTP_STARTTLS", "1") != "0",
            )
            if smtp_host
            else None
        )
        return cls(
            database_url=environ["WAYPOST_DATABASE_URL"],
            redis_url=environ.get("WAYPOST_REDIS_URL"),
            secret=environ["WAYPOST_SECRET"],
            base_url=base_url,
            mail_from=environ.get("WAYPOST_MAIL_FROM", "Waypost <waypost@localhost>"),
            bounce_address=environ.get("WAYPOST_BOUNCE_ADDRESS"),
            smtp=smtp,
            mailbox=Path(mailbox) if mailbox else None,
            metrics_token=environ.get("WAYPOST_METRICS_TOKEN"),
            proxies=_proxies(environ),
            sending=environ.get("WAYPOST_SENDING") != "0",
            allow_loopback=environ.get("WAYPOST_ALLOW_LOOPBACK") == "1",
            sent_journal=_sent_journal(environ),
            fault=environ.get("WAYPOST_FAULT"),
        )


def _proxies(environ: Mapping[str, str]) -> int:
    """A negative number would make the wrong end of X-Forwarded-For the client."""
    given = environ.get("WAYPOST_PROXIES") or "0"
    if not (given.isascii() and given.isdigit()):
        raise BadInputError("WAYPOST_PROXIES must be how many proxies stand before Waypost, such as 1.")
    return int(given)


def _sent_journal(environ: Mapping[str, str]) -> Path | None:
    """Where it is said to be; without a word, beside the file of an SQLite database."""
    given, url = environ.get("WAYPOST_SENT_JOURNAL"), environ["WAYPOST_DATABASE_URL"]
    if given:
        return Path(given)
    file = url.removeprefix("sqlite:///")
    return Path(f"{file}.sent") if file and file != url and ":memory:" not in file else None
