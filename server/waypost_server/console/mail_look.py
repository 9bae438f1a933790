"""A template as a mail, for the editor: for whom, and what they would get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import shown
from waypost_server.console.editor import Checked
from waypost_server.domain.definitions import ChatStep, EmailStep, TaskStep
from waypost_server.domain.play_program import walk
from waypost_server.services.draft import Draft
from waypost_server.services.preview_mail import MailPreview, preview_mail
from waypost_server.services.releases import LiveRelease
from waypost_server.store import reports_users

WIDTHS = ("wide", "narrow")


@dataclass(frozen=True, slots=True)
class MailLook:
    """What the editor shows of a template. `person` and `made` are None where nobody was found."""

    asked: str  # what stands in the field
    width: str
    people: Sequence[Any]  # to choose from: (id, name, e-mail, role, account, its name)
    person: Any = None
    accounts: Sequence[Any] = ()
    account_id: str = ""
    made: MailPreview | None = None
    uses: tuple[str, ...] = ()  # kinds of steps that say it: email, chat, task

    @property
    def numbers(self) -> list[tuple[str, str | None]]:
        """The facts its words read, as people write them; None where missing."""
        found = self.made.numbers if self.made else {}
        return [(path, None if value is None else shown(value, path)) for path, value in found.items()]


def look(draft: Draft, checked: Checked) -> MailLook | None:
    """The template of the file as a mail; None where the file is no template, or none that can be read."""
    path = PurePosixPath(checked.file)
    template = checked.loaded.definitions.templates.get(path.stem) if path.parts[0] == "templates" else None
    if template is None:
        return None
    given = request.values
    asked = given.get("m-user", "").strip()[:500]
    width = given.get("m-width", "")
    workspace_id = login().workspace_id
    with runtime().db.read() as session:
        people = reports_users.recent(session, workspace_id)
        person = _person(session, workspace_id, asked or (people[0][0] if people else ""))
        accounts = reports_users.accounts(session, workspace_id, person.id) if person else ()
        wanted = given.get("m-account", "")
        known = [each.account_id for each in accounts]
        account_id = wanted if wanted in known else known[0] if known else ""
        made = None
        if person is not None:
            release = LiveRelease(draft.live, checked.loaded.definitions)
            made = preview_mail(
                session, runtime(), workspace_id, release, template, user_id=person.id, account_id=account_id
            )
    return MailLook(
        asked, width if width in WIDTHS else WIDTHS[0], people, person, accounts, account_id, made,
        _uses(checked, template.key),
    )  # fmt: skip


def _person(session: Session, workspace_id: str, text: str) -> Any:
    """Whoever has this id or e-mail, or is the only one whose name holds it."""
    found = reports_users.search(session, workspace_id, text) if text else ()
    exact = [each for each in found if text.lower() in (each.id.lower(), (each.email or "").lower())]
    return exact[0] if exact else found[0] if len(found) == 1 else None


def _uses(checked: Checked, key: str) -> tuple[str, ...]:
    steps = (
        step
        for play in checked.loaded.definitions.plays
        for each in play.branches.values()
        for step in walk(each)
    )
    said = (step for step in steps if isinstance(step, EmailStep | ChatStep | TaskStep))
    return tuple(sorted({step.kind for step in said if step.template == key}))
