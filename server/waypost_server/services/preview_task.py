"""What a template would be as a task: its title, what the CSM should know, and the draft of a message."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Template
from waypost_server.services.preview_words import Filled, fill
from waypost_server.services.put_task import split
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class TaskPreview:
    """The words of a task, and what they were made of; where that has a problem the task comes without them."""

    made_of: Filled
    title: str = ""
    brief: str = ""
    draft: str = ""


def preview_task(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    release: LiveRelease,
    template: Template,
    *,
    user_id: str,
    account_id: str,
) -> TaskPreview:
    """The task that the template would be now for this account, of a run about it (no `user_id`) or about a user."""
    found = fill(
        session, runtime, workspace_id, release, template,
        user_id=user_id, account_id=account_id, for_mail=False,
    )  # fmt: skip
    if found.written is None:
        return TaskPreview(found)
    return TaskPreview(found, found.written.subject, *split(found.written.body))
