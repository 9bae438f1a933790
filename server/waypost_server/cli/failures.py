"""Expected failures of commands, each as one line that says what to do."""

from __future__ import annotations

import sys

from waypost_server.domain.errors import WaypostError

REMEDIES = {
    "WAYPOST_DATABASE_URL": "the database, for example postgresql://waypost@db/waypost",
    "WAYPOST_SECRET": "a random text of at least 32 characters, the same for every process",
    "WAYPOST_REDIS_URL": "the Redis of this installation, for example redis://redis:6379/0",
}


def one_line(error: Exception) -> str | None:
    """The line to print, or None when this error is not an expected one."""
    if isinstance(error, WaypostError):
        return error.message
    if isinstance(error, KeyError) and error.args and error.args[0] in REMEDIES:
        return f"{error.args[0]} is not set. Set it to {REMEDIES[error.args[0]]}."
    sqlalchemy = sys.modules.get("sqlalchemy.exc")
    if sqlalchemy is None:
        return None
    if isinstance(error, sqlalchemy.ArgumentError):
        return "WAYPOST_DATABASE_URL is not a database address. Write it like postgresql://user@host/name."
    if isinstance(error, sqlalchemy.OperationalError | sqlalchemy.DatabaseError):
        return _database(str(error.orig or error).strip().splitlines()[0])
    return None


def _database(text: str) -> str:
    missing_table = "no such table" in text or ("relation" in text and "does not exist" in text)
    if missing_table:
        return f"The database has no Waypost schema ({text}). Run: waypost db upgrade"
    return f"The database cannot be used: {text}"
