"""What every page shows around its content: the side bar with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, request, url_for
from sqlalchemy.orm import Session

from waypost_server.console.access import own_draft, runtime
from waypost_server.services.console_login import may
from waypost_server.store import reports_home, stops

SECTIONS = {  # pages that belong to another page's line in the side bar
    "console.task": "console.queue",
    "console.message_draft": "console.queue",
    "console.message_draft_save": "console.queue",
    "console.message_draft_send": "console.queue",
    "console.nudge": "console.nudges",
    "console.funnel": "console.nudges",
    "console.audience": "console.nudges",
    "console.nudge_staged": "console.nudges",
    "console.play": "console.plays",
    "console.play_start": "console.plays",
    "console.play_start_now": "console.plays",
    "console.bulk_start": "console.plays",
    "console.run": "console.plays",
    "console.delivery": "console.deliveries",
    "console.account": "console.accounts",
    **{
        f"console.draft{name}": "console.drafts"
        for name in (
            "",
            "_new",
            "_discard",
            "_file",
            "_file_save",
            "_file_check",
            "_file_build",
            "_file_delete",
            "_publish",
            "_published",
            "_conflict",
            "_keep",
        )
    },
    "console.user": "console.accounts",
    "console.workshop": "console.workshops",
    "console.slot": "console.workshops",
    **{
        f"console.{name}": "console.settings"
        for name in (
            "me",
            "me_save",
            "me_away",
            "calendar_make",
            "password_change",
            "token_secret",
            "keys",
            "key_create",
            "key_revoke",
            "people",
            "endpoints",
            "endpoint_test",
            "endpoint_on",
            "endpoint_off",
            "endpoint_secret",
            "endpoint_address",
            "person_add",
            "person_link",
            "person_disable",
            "person_capacity",
            "person_away",
            "person_role",
            "releases",
            "release",
            "release_back",
            "releases_compared",
            "audit",
            "quarantine",
        )
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the side bar."""

    key: str
    title: str
    endpoint: str
    count: int | None = None

    @property
    def href(self) -> str:
        return url_for(self.endpoint)

    @property
    def is_here(self) -> bool:
        return SECTIONS.get(request.endpoint or "", request.endpoint) == self.endpoint


@dataclass(frozen=True, slots=True)
class Stopped:
    """A kill switch that is thrown; `by_operator`: not from this console."""

    by_operator: bool
    reason: str
    at: datetime | None


def context() -> dict[str, Any]:
    """Template variables of every page."""
    login = getattr(g, "login", None)
    if login is None:
        return {"login": None, "nav": (), "csrf": ""}
    found = {
        "login": login,
        "csrf": login.csrf,
        "nav": (),
        "may": lambda role: may(login.role, role),
        "own_draft": own_draft(),
        "stops": (),
    }
    if request.headers.get("X-Fragment") is None:
        with runtime().db.read() as session:
            found |= {"nav": _nav(session, login), "stops": _stops(session, login)}
    return found


def _stops(session: Session, login: Any) -> list[Stopped]:
    """What is stopped, in words, for the banner of every page."""
    thrown = stops.standing(session, login.workspace_id)
    found = [Stopped(not each.workspace_id, each.reason, each.at) for each in thrown]
    if not runtime().sending:
        found.insert(0, Stopped(True, "WAYPOST_SENDING is 0 here", None))
    return found


def _nav(session: Session, login: Any) -> list[tuple[str, list[Entry]]]:
    waiting, edited, asked = reports_home.waiting(session, login.workspace_id, login.user_id, own_draft())
    live = runtime().releases.live(session, login.workspace_id)
    nudges = len(live.definitions.nudges) if live else None
    plays = len(live.definitions.plays) if live else None
    workshops = len(live.definitions.workshops) if live else None
    return [
        (
            "",
            [
                Entry("home", "Home", "console.home"),
                Entry("queue", "Queue", "console.queue", waiting or None),
            ],
        ),
        (
            "Reach",
            [
                Entry("nudges", "Nudges", "console.nudges", nudges),
                Entry("plays", "Plays", "console.plays", plays),
                Entry("workshops", "Workshops", "console.workshops", workshops or None),
                Entry("drafts", "Drafts", "console.drafts", edited or None),
                Entry("deliveries", "Deliveries", "console.deliveries"),
                Entry("approvals", "Approvals", "console.approvals", asked or None),
                Entry("explain", "Explain", "console.explain"),
            ],
        ),
        (
            "Understand",
            [
                Entry("accounts", "Accounts", "console.accounts"),
                Entry("adoption", "Adoption", "console.adoption"),
            ],
        ),
        (login.workspace_name, [Entry("settings", "Settings", "console.settings")]),
    ]
