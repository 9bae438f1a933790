"""No cookie session under /v1: keys say who calls, and opening one costs a tenth of a decision."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface


class ConsoleOnly(SecureCookieSessionInterface):
    """Sessions for the console's pages; none for API calls."""

    def open_session(self, app: Flask, request: Request) -> Any:
        """The session of the request's cookie; a null one under /v1."""
        if request.path.startswith("/v1/"):
            return self.make_null_session(app)
        return super().open_session(app, request)
