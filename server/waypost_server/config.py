"""Settings: one frozen object, made at the edge. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from waypost_server.domain.errors import BadInputError

HERE = "http://127.0.0.1:7400"
ADDRESSES = {  # what each starts with, and what to write
    "WAYPOST_DATABASE_URL": (
        ("postgresql:", "postgresql+psycopg:", "postgres:", "sqlite:"),
        "a database address. Write it like postgresql://user@host/name",
    ),
    "WAYPOST_REDIS_URL": (
        ("redis://", "rediss://", "unix://"),
        "an address of Redis. Write it like redis://redis:6379/0",
    ),
    "WAYPOST_BASE_URL": (("http://", "https://"), "an address. Write it like https://waypost.example.com"),
}
SETTINGS = frozenset(
    (
        *ADDRESSES,
        "WAYPOST_SECRET",
        "WAYPOST_PROXIES",
        "WAYPOST_MAIL_FROM",
        "WAYPOST_BOUNCE_ADDRESS",
        "WAYPOST_SMTP_HOST",
        "WAYPOST_SMTP_PORT",
        "WAYPOST_SMTP_USER",
        "WAYPOST_SMTP_PASSWORD",
        "WAYPOST_SMTP_STARTTLS",
        "WAYPOST_MAILBOX",
        "WAYPOST_SENDING",
        "WAYPOST_SENT_JOURNAL",
        "WAYPOST_METRICS_TOKEN",
        "WAYPOST_ALLOW_LOOPBACK",
        "WAYPOST_DATA",
    )
)
# Read by commands that work from outside, by the demo and by tests.
OTHERS = frozenset(
    (
        "WAYPOST_URL",
        "WAYPOST_KEY",
        "WAYPOST_WORKSPACE",
        "WAYPOST_PUBLIC_KEY",
        "WAYPOST_SECRET_KEY",
        "WAYPOST_TOKEN_SECRET",
        "WAYPOST_WEBHOOK_SECRET",
        "WAYPOST_DEMO_URL",
        "WAYPOST_FAULT",
    )
)


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
    base_url: str = HERE
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
        when one says what it cannot mean: `WAYPOST_SENDING=no` must not send.
        """
        environ = {name: value for name, value in environ.items() if value}
        smtp_host = environ.get("WAYPOST_SMTP_HOST")
        mailbox = environ.get("WAYPOST_MAILBOX")
        smtp = (
            Smtp(
                host=smtp_host,
                port=_number(environ, "WAYPOST_SMTP_PORT", 587, "the port of the mail server, such as 587"),
                user=environ.get("WAYPOST_SMTP_USER"),
                password=environ.get("WAYPOST_SMTP_PASSWORD"),
                starttls=_switch(environ, "WAYPOST_SMTP_STARTTLS", unset=True),
            )
            if smtp_host
            else None
        )
        return cls(
            database_url=_address(environ, "WAYPOST_DATABASE_URL"),
            redis_url=_address(environ, "WAYPOST_REDIS_URL") if "WAYPOST_REDIS_URL" in environ else None,
            secret=environ["WAYPOST_SECRET"],
            base_url=_address({"WAYPOST_BASE_URL": HERE, **environ}, "WAYPOST_BASE_URL").rstrip("/"),
            mail_from=environ.get("WAYPOST_MAIL_FROM", "Waypost <waypost@localhost>"),
            bounce_address=environ.get("WAYPOST_BOUNCE_ADDRESS"),
            smtp=smtp,
            mailbox=Path(mailbox) if mailbox else None,
            metrics_token=environ.get("WAYPOST_METRICS_TOKEN"),
            proxies=_number(
                environ, "WAYPOST_PROXIES", 0, "how many proxies stand before Waypost, such as 1"
            ),
            sending=_switch(environ, "WAYPOST_SENDING", unset=True),
            allow_loopback=_switch(environ, "WAYPOST_ALLOW_LOOPBACK", unset=False),
            sent_journal=_sent_journal(environ),
            fault=environ.get("WAYPOST_FAULT"),
        )


def unknown(environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Every WAYPOST_* variable that nothing reads, and the one that was perhaps meant."""
    found = sorted(name for name in environ if name.startswith("WAYPOST_") and name not in SETTINGS | OTHERS)
    return {name: next(iter(get_close_matches(name, SETTINGS, n=1)), None) for name in found}


def _address(environ: Mapping[str, str], name: str) -> str:
    """An address of a kind that can be used."""
    kinds, example = ADDRESSES[name]
    if not environ[name].startswith(kinds):
        raise BadInputError(f"{name} is not {example}.")
    return environ[name]


def _number(environ: Mapping[str, str], name: str, unset: int, meaning: str) -> int:
    """Not negative: WAYPOST_PROXIES would then make the wrong end of X-Forwarded-For the client."""
    given = environ.get(name, str(unset))
    if not (given.isascii() and given.isdigit()):
        raise BadInputError(f"{name} must be {meaning}.")
    return int(given)


def _switch(environ: Mapping[str, str], name: str, *, unset: bool) -> bool:
    given = environ.get(name, "1" if unset else "0")
    if given not in ("0", "1"):
        raise BadInputError(f"{name} must be 0 or 1.")
    return given == "1"


def _sent_journal(environ: Mapping[str, str]) -> Path | None:
    """Where it is said to be; without a word, beside the file of an SQLite database."""
    given, url = environ.get("WAYPOST_SENT_JOURNAL"), environ["WAYPOST_DATABASE_URL"]
    if given:
        return Path(given)
    file = url.removeprefix("sqlite:///")
    return Path(f"{file}.sent") if file and file != url and ":memory:" not in file else None
