"""Explain: for one user, every nudge with every gate and every comparison, with the values seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from waypost_server.console import explained, page_fields
from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import Reader
from waypost_server.domain.clock_skew import parse_time
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.page import Page
from waypost_server.services.explain import explain as ask
from waypost_server.store import reports_users


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/explain", "explain", explain)


def explain() -> str:
    """Search a user, choose an account and a nudge, read why."""
    who, given = login(), request.args
    text = given.get("q", "").strip()[:200].replace("\x00", "")
    user_id = given.get("user", "")[:500].replace("\x00", "")
    account_id = given.get("account", "")[:500].replace("\x00", "") or None
    key = given.get("nudge", "")[:200] or None
    moment, past = _moment(given.get("at", ""))
    on_page = page_fields.read(given)
    with runtime().db.read() as session:
        found = reports_users.search(session, who.workspace_id, text) if text else []
        exact = [each for each in found if text in (each.id, each.email)]
        if text and not user_id and (len(exact) == 1 or len(found) == 1):
            user_id = (exact or found)[0].id
        person = reports_users.one(session, who.workspace_id, user_id) if user_id else None
        accounts = reports_users.accounts(session, who.workspace_id, user_id) if person else []
        recent = reports_users.recent(session, who.workspace_id) if not text and not user_id else []
        live = runtime().releases.live(session, who.workspace_id)
    answer, missing = None, False
    if live and person and not (moment and past is None):
        answer, missing = _answer(who.workspace_id, person, account_id, key, past, on_page.page)
    titles = {each.key: each.title for each in live.definitions.nudges} if live else {}
    return render_template(
        "console/explain.html",
        text=text,
        person=person,
        unknown=bool(user_id) and person is None,
        found=found if person is None else [],
        accounts=accounts,
        account_id=answer["accountId"] if answer else account_id,
        recent=recent,
        key=key,
        titles=titles,
        missing=missing,
        has_release=live is not None,
        at=moment,
        on_page=on_page,
        asked={"nudge": key, "at": moment or None, **on_page.query},
        past=past,
        unknowable=answer.get("unknowable", ()) if answer else (),
        nudges=explained.nudges(answer, Reader(live.definitions)) if answer and live else [],
    )


def _moment(text: str) -> tuple[str, datetime | None]:
    """What was typed, and the moment it names; None when nobody can read it or it has not come yet."""
    text = text.strip()[:40]
    at = parse_time(text) if text else None
    return text, at if at is not None and at <= runtime().clock() else None


def _answer(
    workspace_id: str,
    person: Any,
    account_id: str | None,
    key: str | None,
    at: datetime | None,
    page: Page | None,
) -> tuple[dict[str, Any] | None, bool]:
    try:
        found = ask(runtime(), workspace_id, person.id, account_id, key, at=at, expected=True, page=page)
        return found, False
    except NotFoundError:
        return None, True
