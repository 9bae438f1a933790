"""Run a transaction again when the database asks for it: deadlock, serialization, a lock not had in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError

TRIES = 3
AGAIN = frozenset(("40001", "40P01", "55P03"))  # PostgreSQL: serialization, deadlock, lock timeout
Result = TypeVar("Result")


def retried(transaction: Callable[[], Result], tries: int = TRIES) -> Result:
    """What `transaction` returns; at most `tries` runs. The last failure is raised as it is."""
    for _ in range(tries - 1):
        try:
            return transaction()
        except OperationalError as error:
            if not may_pass(error):
                raise
    return transaction()


def may_pass(error: OperationalError) -> bool:
    """True if the same statements may succeed when run again at once."""
    if getattr(error.orig, "sqlstate", None) in AGAIN:
        return True
    return "database is locked" in str(error.orig)
