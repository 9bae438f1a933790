"""The composition root: settings in, a wired Flask app out. Web, workers, CLI and tests all start here."""

from __future__ import annotations

import os
import random
import time
import uuid
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Request, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect

from waypost_server.channels.chat import ChatPoster
from waypost_server.channels.egress import Egress
from waypost_server.channels.email import Fault, Mailer
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.channels.smtp import SmtpMailer
from waypost_server.channels.webhook import WebhookPoster
from waypost_server.config import Settings
from waypost_server.services.releases import ReleaseCache
from waypost_server.services.runtime import Doorbell, Runtime, SilentDoorbell
from waypost_server.store.database import Database, db, engine_options, guard
from waypost_server.store.sent_journal import SentJournal
from waypost_server.store.watch import FOR_REQUESTS
from waypost_server.workers.fault_points import fault_point


class Application(Flask):
    """Flask, with two things kept in: tokens, which stand in addresses, and where we are reached."""

    def log_exception(self, exc_info: Any) -> None:
        """One line, with the endpoint instead of the address: a token in it is a permission."""
        place = {"endpoint": request.endpoint, "method": request.method}
        self.logger.error("request.failed", exc_info=exc_info, extra=place)

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Redirects to the proper spelling of an address stay on its host.

        By themselves they name the host that the client named, for whoever gets them out of a cache afterwards.
        """
        error = request.routing_exception
        if isinstance(error, RequestRedirect):
            error.new_url = urlunsplit(urlsplit(error.new_url)._replace(scheme="", netloc=""))
        super().raise_routing_exception(request)


def utc_now() -> datetime:
    """The only clock in the program."""
    return datetime.now(UTC)


def uuid7() -> str:
    """A random id that sorts by time of making (RFC 9562, version 7)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def create_app(settings: Settings) -> Flask:
    """Build the app: database, runtime, API and console. Opens no connection."""
    from waypost_server import api, console  # here, because the worker and most commands need neither

    app = Application("waypost_server")
    app.config.update(
        SECRET_KEY=settings.secret,
        SQLALCHEMY_DATABASE_URI=sqlalchemy_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=1024 * 1024,
        TESTING=settings.testing,
        WAYPOST_METRICS_TOKEN=settings.metrics_token,
    )
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    guard(engine, FOR_REQUESTS)
    app.extensions["waypost"] = build_runtime(settings, Database(engine))
    api.register(app)
    console.register(app)
    if hops := settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def build_runtime(settings: Settings, database: Database) -> Runtime:
    """The dependencies of every use case."""
    fault, egress = fault_point(settings.fault), Egress(allow_loopback=settings.allow_loopback)
    return Runtime(
        db=database,
        clock=utc_now,
        new_id=uuid7,
        dice=random.random,
        releases=ReleaseCache(utc_now),
        doorbell=build_doorbell(settings.redis_url),
        secret=settings.secret,
        base_url=settings.base_url,
        mail_from=settings.mail_from,
        sending=settings.sending,
        bounce_address=settings.bounce_address,
        mailer=build_mailer(settings, fault),
        poster=WebhookPoster(egress),
        chat=ChatPoster(egress),
        sent=SentJournal(settings.sent_journal) if settings.sent_journal else None,
        fault=fault,
    )


def build_doorbell(redis_url: str | None) -> Doorbell:
    """Redis where there is one. Its client takes a quarter of a second to import, so only then."""
    if not redis_url:
        return SilentDoorbell()
    from waypost_server.workers.queue import RedisDoorbell

    return RedisDoorbell(redis_url)


def build_mailer(settings: Settings, fault: Fault) -> Mailer | None:
    """SMTP when a server is named, else the mailbox folder, else nothing: then e-mail waits."""
    smtp = settings.smtp
    if smtp is not None:
        return SmtpMailer(
            smtp.host,
            smtp.port,
            user=smtp.user,
            password=smtp.password,
            starttls=smtp.starttls,
            fault=fault,
        )
    return MailboxMailer(settings.mailbox, fault=fault) if settings.mailbox else None


def sqlalchemy_url(url: str) -> str:
    """`postgres://` and `postgresql://` both mean psycopg here."""
    return url.replace("postgres://", "postgresql://", 1)
