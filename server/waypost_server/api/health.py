"""Liveness and readiness for whoever watches the process."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from waypost_server.api.auth import runtime
from waypost_server.store.schema_version import standing

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers; says nothing about the database."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The database answers and has what this version needs, so requests will be answered."""
    try:
        with runtime().db.read() as session:
            is_behind = standing(session.connection()) == "behind"
    except SQLAlchemyError:
        return jsonify(status="unavailable", checks={"database": "unavailable"}), 503
    checks = {"database": "ok", "schema": "behind; run: waypost db upgrade" if is_behind else "ok"}
    return jsonify(status="unavailable" if is_behind else "ok", checks=checks), 503 if is_behind else 200
