"""Publishing what newly reaches strategic accounts by automated steps: asked for by a tick, of an approver."""

from __future__ import annotations

from flask import request

from waypost_server.console.access import login
from waypost_server.domain.errors import ForbiddenError
from waypost_server.services.console_login import may

NEWLY_REACHED = "Not published: read below whom it would newly reach."


def is_accepted() -> bool:
    """Whether the form of this request says so. Raises ForbiddenError for whoever may not."""
    accepted = request.form.get("accept") == "yes"
    if accepted and not may(login().role, "approver"):
        raise ForbiddenError("Reaching strategic accounts by automated steps needs the role approver.")
    return accepted
