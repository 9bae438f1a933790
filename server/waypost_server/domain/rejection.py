"""Why one event is refused. The batch around it goes on."""

from __future__ import annotations

from waypost_server.domain.errors import BadInputError


class RejectedError(BadInputError):
    """This event can never be stored as it is; `code` says why and is part of the API."""

    code = "rejected"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)
