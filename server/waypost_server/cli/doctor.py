"""`waypost doctor`: look at everything an installation needs, from this machine."""

from __future__ import annotations

import smtplib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from waypost_server.config import Settings, Smtp, unknown
from waypost_server.domain.errors import WaypostError

if TYPE_CHECKING:
    from waypost_server.services.runtime import Runtime

CLOCK_S = 2.0  # a clock further off than this moves events and due times


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `state` is ok, warning or problem."""

    state: str
    what: str
    words: str


SCHEMA = {
    "current": Finding("ok", "schema", "of this version"),
    "behind": Finding("problem", "schema", "behind this version. Run: waypost db upgrade"),
    "ahead": Finding("warning", "schema", "of a newer version. Bring this machine up to it soon."),
}


@click.command()
def doctor() -> None:
    """Check all that Waypost needs, from this machine. Exit code 1 when something must be fixed."""
    settings = Settings.from_env()
    checks: list[Callable[[Settings], list[Finding]]] = [
        names,
        database,
        redis,
        mail,
        journal,
        secret,
        addresses,
    ]
    findings = [finding for check in checks for finding in check(settings)]
    for finding in findings:
        click.echo(f"{finding.state:<8} {finding.what:<10} {finding.words}")
    sys.exit(1 if any(finding.state == "problem" for finding in findings) else 0)


def names(_settings: Settings) -> list[Finding]:
    """A misspelt variable is one that was meant to say something."""
    return [
        Finding(
            "warning",
            "settings",
            f"{name} is no setting of Waypost." + (f" Did you mean {meant}?" if meant else ""),
        )
        for name, meant in unknown().items()
    ]


def database(settings: Settings) -> list[Finding]:
    """Reachable, durable, at this version's schema, and of one mind with this machine about the time."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from waypost_server.cli.failures import one_line
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.store.durability import check
    from waypost_server.store.schema_version import standing

    try:
        with open_runtime(settings) as runtime:
            check(runtime.db.engine)
            found = [Finding("ok", "database", f"{runtime.db.engine.dialect.name}, every commit is on disk")]
            with runtime.db.engine.connect() as connection:
                schema = SCHEMA[standing(connection)]
            found.append(schema)
            if schema.state != "problem":
                found += _held(runtime)
            if not runtime.db.is_sqlite:
                with runtime.db.read() as session:
                    theirs = session.scalar(text("select clock_timestamp()"))
                found.append(_clock(theirs, runtime.clock()))
            return found
    except (WaypostError, SQLAlchemyError) as error:
        return [Finding("problem", "database", one_line(error) or str(error))]


def _held(runtime: Runtime) -> list[Finding]:
    """What a person or a restored database has stopped everywhere."""
    from waypost_server.store import stops

    with runtime.db.read() as session:
        stop = stops.get(session, stops.EVERYWHERE)
        words = f"stopped everywhere: {stop.reason} See: waypost resume-sending --help" if stop else ""
    return [Finding("warning", "sending", words)] if words else []


def redis(settings: Settings) -> list[Finding]:
    """Reachable, never evicting, and not full of somebody else's keys."""
    if settings.redis_url is None:
        return [Finding("warning", "redis", "WAYPOST_REDIS_URL is not set: work starts up to 15 s late.")]
    import redis as client
    from redis.exceptions import RedisError

    try:
        connection = client.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
        info = connection.info()
        foreign = [key for key in connection.scan_iter(count=500) if not _ours(key)][:1]
    except (RedisError, OSError, ValueError) as error:
        return [Finding("problem", "redis", f"cannot be reached: {error}. Nothing is lost, only late.")]
    found = [Finding("ok", "redis", f"version {info.get('valkey_version') or info['redis_version']}")]
    if info.get("maxmemory_policy") != "noeviction":
        words = f"evicts keys ({info.get('maxmemory_policy')}). Set maxmemory-policy noeviction."
        found.append(Finding("problem", "redis", words))
    if foreign:
        words = f"holds keys of another program ({foreign[0]!r}). Give Waypost a database of its own."
        found.append(Finding("warning", "redis", words))
    return found


def mail(settings: Settings) -> list[Finding]:
    """The mail server takes our name and password."""
    if settings.smtp is None:
        what = f"mail is written to {settings.mailbox}" if settings.mailbox else "mail waits until it is"
        return [Finding("warning", "mail", f"WAYPOST_SMTP_HOST is not set: {what}.")]
    try:
        _greet(settings.smtp)
    except (smtplib.SMTPException, OSError) as error:
        words = f"{settings.smtp.host}:{settings.smtp.port} does not take mail from here: {error}"
        return [Finding("problem", "mail", words)]
    return [Finding("ok", "mail", f"{settings.smtp.host}:{settings.smtp.port}")]


def journal(settings: Settings) -> list[Finding]:
    """What leaves is on record outside the database, so that a restored one repeats nothing."""
    from waypost_server.store.sent_journal import SentJournal

    if settings.sent_journal is None:
        words = "WAYPOST_SENT_JOURNAL is not set: after a restore it is not known what has left."
        return [Finding("warning", "journal", words)]
    try:
        SentJournal(settings.sent_journal).note(0, datetime.fromtimestamp(0, UTC), [])
    except OSError as error:
        return [Finding("problem", "journal", f"{settings.sent_journal} cannot be written: {error.strerror}")]
    return [Finding("ok", "journal", str(settings.sent_journal))]


def secret(settings: Settings) -> list[Finding]:
    """Long enough, and the one with which opt-outs are recorded."""
    from sqlalchemy.exc import SQLAlchemyError

    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services.known_secret import check

    if len(settings.secret) < 32:
        return [Finding("problem", "secret", "WAYPOST_SECRET has under 32 characters. Use a random one.")]
    try:
        with open_runtime(settings) as runtime, runtime.db.read() as session:
            check(session, runtime)
    except SQLAlchemyError:
        return []  # the database's line says what is wrong
    except WaypostError as error:
        return [Finding("problem", "secret", error.message)]
    return [Finding("ok", "secret", "the one with which opt-outs are recorded")]


def addresses(settings: Settings) -> list[Finding]:
    """Links in mails lead to an address others can open; cookies travel only over TLS."""
    found = []
    if not settings.base_url.startswith("https://"):
        words = f"WAYPOST_BASE_URL is {settings.base_url}; links and cookies need https in production."
        found.append(Finding("warning", "address", words))
    elif not settings.proxies:  # we speak no TLS, so something before us does
        words = (
            "WAYPOST_PROXIES is not set: everybody has your proxy's address when failed logins are counted."
        )
        found.append(Finding("warning", "address", words))
    return found or [Finding("ok", "address", settings.base_url)]


def _greet(smtp: Smtp) -> None:
    with smtplib.SMTP(smtp.host, smtp.port, timeout=5) as server:
        if smtp.starttls:
            server.starttls()
        if smtp.user:
            server.login(smtp.user, smtp.password or "")
        server.noop()


def _clock(theirs: datetime, ours: datetime) -> Finding:
    off = abs((theirs.astimezone(UTC) - ours).total_seconds())
    if off > CLOCK_S:
        return Finding(
            "problem", "clock", f"{off:.0f} s apart from the database's. Run a time service on both."
        )
    return Finding("ok", "clock", f"within {off:.1f} s of the database's")


def _ours(key: bytes) -> bool:
    return key.startswith((b"rq:", b"waypost"))
