"""JSON for SDKs and integrations, under /v1."""

from __future__ import annotations

from flask import Flask

from waypost_server.api import (
    calendar,
    claim,
    decide,
    errors,
    explain,
    health,
    ingest,
    preferences,
    reader_page,
    resources,
    unsubscribe,
    workshop_answer,
)
from waypost_server.api.no_cookies import ConsoleOnly


def register(app: Flask) -> None:
    """Add every /v1 blueprint and the one error handler."""
    errors.register(app)
    app.session_interface = ConsoleOnly()
    app.register_blueprint(health.blueprint)
    app.register_blueprint(ingest.blueprint)
    app.register_blueprint(decide.blueprint)
    app.register_blueprint(claim.blueprint)
    app.register_blueprint(explain.blueprint)
    app.register_blueprint(reader_page.blueprint)
    app.register_blueprint(unsubscribe.blueprint)
    app.register_blueprint(preferences.blueprint)
    app.register_blueprint(calendar.blueprint)
    app.register_blueprint(workshop_answer.blueprint)
    resources.register(app)
