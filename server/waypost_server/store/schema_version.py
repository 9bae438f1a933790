"""Which schema a database has, beside the one this code was written for. Costs a query, and no import of Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, inspect, text

VERSIONS = Path(__file__).parent / "migrations" / "versions"
NEWEST = max(file.name[:4] for file in VERSIONS.glob("[0-9]*.py"))

# ahead: a newer version has run its migrations. They only add, so this one goes on working meanwhile.
Standing = Literal["current", "behind", "ahead"]


def standing(connection: Connection) -> Standing:
    """How the database stands to this code; one without a schema is behind."""
    found = version(connection)
    if found == NEWEST:
        return "current"
    return "ahead" if found > NEWEST else "behind"


def version(connection: Connection) -> str:
    """Four digits; empty without a schema."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("select version_num from alembic_version")).scalar() or ""
