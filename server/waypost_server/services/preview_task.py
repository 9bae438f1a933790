"""What a template would be as a task: its title, what the CSM should know, and the draft of a message."""

from __future__ import annotations

from dataclasses import dataclass

from waypost_server.services.preview_words import Filled
from waypost_server.services.put_task import split


@dataclass(frozen=True, slots=True)
class TaskPreview:
    """The words of a task, and what they were made of; where that has a problem the task comes without them."""

    made_of: Filled
    title: str = ""
    brief: str = ""
    draft: str = ""


def preview_task(found: Filled) -> TaskPreview:
    """The task of words that were filled in for its account, and for a user where the run is about one."""
    if found.written is None:
        return TaskPreview(found)
    return TaskPreview(found, found.written.subject, *split(found.written.body))
