"""Says once, as a warning, that the server gives no answer; whatever fails after that until it does is information."""

from __future__ import annotations

import logging

from waypost.ledger import log


class Outage:
    """Of one kind of request. Two threads that fail at the same moment may both warn."""

    def __init__(self) -> None:
        self._is_known = False

    def failed(self, message: str, *details: object) -> None:
        """A request found no answer."""
        log.log(logging.INFO if self._is_known else logging.WARNING, message, *details)
        self._is_known = True

    def ended(self) -> None:
        """A request found one: the next failure is news again."""
        self._is_known = False
