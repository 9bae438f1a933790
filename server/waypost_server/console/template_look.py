"""A template as what it becomes, for the editor: a mail to somebody, or a task about their account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import shown
from waypost_server.console.editor import Checked
from waypost_server.domain.definitions import (
    ChatStep,
    EmailStep,
    Journey,
    MessageStep,
    Play,
    PlayStep,
    TaskStep,
    WorkshopStep,
)
from waypost_server.domain.play_program import every_step
from waypost_server.services.draft import Draft
from waypost_server.services.preview_mail import MailPreview, preview_mail
from waypost_server.services.preview_task import TaskPreview, preview_task
from waypost_server.services.preview_words import fill
from waypost_server.services.releases import LiveRelease
from waypost_server.store import reports_users

WIDTHS = ("wide", "narrow")


@dataclass(frozen=True, slots=True)
class TemplateLook:
    """What the editor shows of a template. `person` and what is made are None where nobody was found."""

    asked: str  # what stands in the field
    width: str
    people: Sequence[Any]  # to choose from: (id, name, e-mail, role, account, its name)
    uses: tuple[str, ...]  # what plays make of it: email, chat, task
    person: Any = None
    accounts: Sequence[Any] = ()
    account_id: str = ""
    mail: MailPreview | None = None
    task: TaskPreview | None = None
    about_user: bool = True  # False: a run is about the account, and no fact of a user is known

    @property
    def is_task(self) -> bool:
        """Whether it becomes a task and nothing else."""
        return self.uses == ("task",)

    @property
    def made_of(self) -> Any:
        """The numbers, the lines left out, the problem."""
        made = self.task or self.mail
        return made.made_of if made else None

    @property
    def numbers(self) -> list[tuple[str, str | None]]:
        """The facts its words read, as people write them; None where missing."""
        found = self.made_of.numbers if self.made_of else {}
        return [(path, None if value is None else shown(value, path)) for path, value in found.items()]


def look(draft: Draft, checked: Checked) -> TemplateLook | None:
    """The template of the file; None where the file is no template, or none that can be read."""
    path = PurePosixPath(checked.file)
    definitions = checked.loaded.definitions
    template = definitions.templates.get(path.stem) if path.parts[0] == "templates" else None
    if template is None:
        return None
    given, workspace_id = request.values, login().workspace_id
    asked, width = given.get("m-user", "").strip()[:500], given.get("m-width", "")
    plays = [play for play in definitions.plays if _uses([play], template.key)]
    uses = _uses(plays, template.key)
    is_task, about_user = uses == ("task",), any(_about_user(play, definitions.journey) for play in plays)
    with runtime().db.read() as session:
        people = reports_users.recent(session, workspace_id)
        person = _person(session, workspace_id, asked or (people[0][0] if people else ""))
        accounts = reports_users.accounts(session, workspace_id, person.id) if person else ()
        wanted = given.get("m-account", "")
        known = [each.account_id for each in accounts]
        account_id = wanted if wanted in known else known[0] if known else ""
        mail, task = None, None
        if person is not None:
            known_user = "" if is_task and not about_user else person.id
            words = fill(
                session, runtime(), workspace_id, LiveRelease(draft.live, definitions), template,
                user_id=known_user, account_id=account_id, for_mail=not is_task,
            )  # fmt: skip
            if is_task:
                task = preview_task(words)
            else:
                catalog, reader = definitions.catalog, {"user_id": person.id, "account_id": account_id}
                mail = preview_mail(session, workspace_id, catalog, template, words, **reader)
    return TemplateLook(
        asked, width if width in WIDTHS else WIDTHS[0], people, uses, person, accounts, account_id, mail, task,
        about_user,
    )  # fmt: skip


def _person(session: Session, workspace_id: str, text: str) -> Any:
    """Whoever has this id or e-mail, or is the only one whose name holds it."""
    found = reports_users.search(session, workspace_id, text) if text else ()
    exact = [each for each in found if text.lower() in (each.id.lower(), (each.email or "").lower())]
    return exact[0] if exact else found[0] if len(found) == 1 else None


def _uses(plays: Sequence[Play], key: str) -> tuple[str, ...]:
    return tuple(
        sorted({use for step in every_step(plays) for use, template in _says(step) if template == key})
    )


def _says(step: PlayStep) -> Iterator[tuple[str, str]]:
    """The templates of a step, each with what it becomes."""
    if isinstance(step, EmailStep | WorkshopStep):
        yield "email", step.template
    elif isinstance(step, ChatStep | TaskStep):
        yield step.kind, step.template
    elif isinstance(step, MessageStep):
        yield "email", step.email
        yield "chat", step.chat_template


def _about_user(play: Play, journey: Journey) -> bool:
    """Whether a run may be about one user: by what the play says, or by a milestone that users reach."""
    if play.subject == "user":
        return True
    reached = [each.key for each in journey.milestones if each.scope == "user"]
    named = (play.on.milestone,) if play.on.milestone else reached
    return play.on.signal.startswith("milestone_") and any(each in reached for each in named)
