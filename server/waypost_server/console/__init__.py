"""Server-rendered pages for CS ops and CSMs."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the console's blueprints."""
