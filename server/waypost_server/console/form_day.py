"""A day that somebody has chosen in a form."""

from __future__ import annotations

from datetime import date

from flask import request

from waypost_server.domain.errors import BadInputError


def form_day(name: str) -> date | None:
    """The day of a field; None when it is empty. Raises BadInputError."""
    given = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadInputError("Choose a day, such as 2026-12-07, or leave it empty.", code="bad_day") from None
