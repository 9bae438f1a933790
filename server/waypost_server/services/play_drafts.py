"""A step that may not send by itself: it puts drafts into a CSM's queue and waits for what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from waypost_server.services.message_drafts import TAKE_BACK
from waypost_server.services.play_line import Line
from waypost_server.services.play_run_context import RunContext
from waypost_server.store import console_users, message_drafts
from waypost_server.store.play_runs import Told
from waypost_server.store.tables import MessageDraft

WAITS = timedelta(days=7)  # then the run goes on; the message stays in the queue


def standing(story: Sequence[Told], step: int) -> Told | None:
    """The line with which this step began to wait for a person; None when it does not."""
    last = next((line for line in reversed(story) if line.detail.get("step") == step), None)
    return last if last is not None and last.detail.get("drafts") else None


def until(line: Told) -> datetime:
    """How long the step waits at most."""
    return line.at + WAITS


def answer(context: RunContext, line: Told) -> Line | None:
    """What people decided about this step's messages; None while one of them waits and there is time left."""
    found = message_drafts.of_step(context.session, context.workspace_id, context.run.id, line.detail["step"])
    waiting = [each for each in found if _is_open(each, context.now)]
    if waiting and context.now < until(line):
        return None
    names = console_users.names(context.session, context.workspace_id)
    sent = [each for each in found if each.state == "sent"]
    words = [_words(each, names) for each in found if each.state != "waiting"]
    if waiting:
        words.append(f"Nobody decided about {len(waiting)} of them within {WAITS.days} days.")
    skipped = len(found) - len(sent) - len(waiting)
    detail = {"sent": len(sent), "skipped": skipped, "undecided": len(waiting)}
    return Line("done" if sent else "skipped", " ".join(words), detail)


def _is_open(draft: MessageDraft, now: datetime) -> bool:
    """Undecided, or sent so recently that it can be taken back."""
    may_return = draft.decided_at is not None and now < draft.decided_at + TAKE_BACK
    return draft.state == "waiting" or (draft.state == "sent" and may_return)


def _words(draft: MessageDraft, names: dict[str, str]) -> str:
    who = names.get(draft.person or "", "Somebody")
    if draft.state == "sent":
        return f"{who} sent it to {draft.recipient}."
    return f"{who} did not send it to {draft.recipient}: {draft.reason.rstrip('.')}."
