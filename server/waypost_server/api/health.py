"""Liveness and readiness for whoever watches the process."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from waypost_server.api.auth import runtime

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers; says nothing about the database."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The database answers, so requests will."""
    try:
        with runtime().db.read() as session:
            session.execute(text("select 1"))
    except SQLAlchemyError:
        return jsonify(status="unavailable", checks={"database": "unavailable"}), 503
    return jsonify(status="ok", checks={"database": "ok"}), 200
