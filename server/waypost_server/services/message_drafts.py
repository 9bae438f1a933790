"""What a person does with a message that software may not send: send it as it is, edit it, or skip it.

A message that is sent leaves through the ledger like every other: once, checked again in the moment before,
and with the person's name. Skipping is closing the task without sending, see `services/tasks.py`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels import mail_headers
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.fact_catalogue import FAMILIES
from waypost_server.services import named_person, workshop_invite
from waypost_server.services.addresses import address_hash
from waypost_server.services.put_delivery import EMAIL_LIVES
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import note as add_note
from waypost_server.store import audit, deliveries, message_drafts, play_runs, suppressions, tasks
from waypost_server.store.tables import MessageDraft, Task

_FACT = re.compile(rf"{{{{\s*(?:{'|'.join(FAMILIES)})\.[^}}]{{0,60}}}}{{0,2}}")
BODY = 20_000  # characters
TAKE_BACK = timedelta(seconds=20)  # a sent message waits this long for a second thought


def send_draft(
    runtime: Runtime,
    workspace_id: str,
    task_id: str,
    *,
    person: str,
    subject: str | None = None,
    body: str | None = None,
    via: str = "",
) -> MessageDraft:
    """Send the message of a task, with these words where they are given, and close the task.

    It leaves after 20 seconds; reopening the task before that takes it back. Raises NotFoundError,
    BadInputError for words that cannot be sent, and ConflictError when it was sent or skipped meanwhile or
    the address has opted out.
    """
    now, delivery_id = runtime.clock(), runtime.new_id()
    with runtime.db.write() as session:
        task, draft = _waiting(session, workspace_id, task_id)
        who = named_person.of_id(session, workspace_id, person)
        words = _words(draft, subject, body)
        if draft.invitation_id:
            workshop_invite.may_be_sent(session, workspace_id, draft.invitation_id, now)
        _not_suppressed(session, runtime, draft)
        edited = {name for name, value in words.items() if value != getattr(draft, name)}
        decided = {**words, "state": "sent", "person": who.id, "decided_at": now, "delivery_id": delivery_id}
        sent = message_drafts.move(session, workspace_id, task_id, among="waiting", values=decided)
        if sent is None:
            raise ConflictError("The message was sent or skipped meanwhile; reload the task.")
        deliveries.put(session, _delivery(task, sent, delivery_id, now))
        if sent.invitation_id:
            workshop_invite.sent_by_person(session, runtime, workspace_id, sent.invitation_id)
        outcome = f"Sent to {sent.recipient}"
        values = {"state": "done", "outcome": outcome[:200], "ended_at": now}
        free = {"snoozed_until": None, "held_at": None}
        tasks.change(session, workspace_id, task_id, among=tasks.OPEN, values={**values, **free})
        note = f"{outcome}{', edited' if edited else ''}"
        add_note(session, runtime, workspace_id, task_id, actor=who.id, kind="sent", note=note)
        after = {"delivery": delivery_id, "edited": sorted(edited), "via": via}
        entry = audit.Entry(runtime.new_id(), now, who.id, "draft.sent", f"task:{task_id}", after=after)
        audit.append(session, workspace_id, entry)
        play_runs.poke(session, workspace_id, draft.run_id, at=now + TAKE_BACK)
        session.expunge(sent)
    runtime.doorbell.ring()
    return sent


def save_draft(
    runtime: Runtime, workspace_id: str, task_id: str, *, person: str, subject: str, body: str
) -> MessageDraft:
    """Keep the words a person has written, without sending them. Raises as `send_draft` does."""
    with runtime.db.write() as session:
        _, draft = _waiting(session, workspace_id, task_id)
        who = named_person.of_id(session, workspace_id, person)
        words = _words(draft, subject, body)
        saved = message_drafts.move(session, workspace_id, task_id, among="waiting", values=words)
        if saved is None:
            raise ConflictError("The message was sent or skipped meanwhile; reload the task.")
        add_note(session, runtime, workspace_id, task_id, actor=who.id, kind="edited")
        session.expunge(saved)
    return saved


def skip(session: Session, task: Task, *, actor: str, now: datetime) -> None:
    """The task was closed without sending; its run goes on. In the transaction that closes it."""
    values = {"state": "skipped", "person": actor, "decided_at": now, "reason": (task.outcome or "")[:200]}
    skipped = message_drafts.move(session, task.workspace_id, task.id, among="waiting", values=values)
    if skipped:
        workshop_invite.change(session, skipped, "draft", "withdrawn")
        play_runs.poke(session, task.workspace_id, task.run_id, at=now)


def take_back(session: Session, task: Task, *, now: datetime) -> None:
    """The task was reopened: what was skipped waits again, and what was sent, if it has not left yet."""
    draft = message_drafts.find(session, task.workspace_id, task.id)
    if draft is None or draft.state == "waiting":
        return
    if draft.state == "sent" and not deliveries.cancel_unsent(
        session, task.workspace_id, draft.delivery_id, reason="a person took it back", now=now
    ):
        return
    fresh = {"state": "waiting", "person": None, "decided_at": None, "reason": "", "delivery_id": ""}
    was = "invited" if draft.state == "sent" else "withdrawn"
    message_drafts.move(session, task.workspace_id, task.id, among=draft.state, values=fresh)
    workshop_invite.change(session, draft, was, "draft")


def _waiting(session: Session, workspace_id: str, task_id: str) -> tuple[Task, MessageDraft]:
    task = tasks.hold(session, workspace_id, task_id)
    draft = message_drafts.find(session, workspace_id, task_id)
    if task is None or draft is None:
        raise NotFoundError("There is no such task with a message to send.")
    if draft.state != "waiting":
        raise ConflictError(f"The message is {draft.state} already.", detail={"state": draft.state})
    return task, draft


def _words(draft: MessageDraft, subject: str | None, body: str | None) -> dict[str, str]:
    """Raises BadInputError when a mail cannot say this."""
    line = mail_headers.clean(draft.subject if subject is None else subject)
    text = (draft.body if body is None else body).replace("\x00", "").replace("\r\n", "\n").strip()
    if not line or len(line) > mail_headers.MAX_SUBJECT:
        raise BadInputError(
            f"Write a subject of up to {mail_headers.MAX_SUBJECT} characters.", code="bad_subject"
        )
    if not text or len(text) > BODY:
        raise BadInputError(f"Write a message of up to {BODY:,} characters.", code="bad_body")
    unfilled = _FACT.search(f"{subject or ''} {body or ''}")
    if unfilled:  # in a template they are filled in; these words go out as they stand
        raise BadInputError(
            f"{unfilled[0]} would arrive as it stands: write what it stands for.", code="bad_body"
        )
    return {"subject": line, "body": text}


def _not_suppressed(session: Session, runtime: Runtime, draft: MessageDraft) -> None:
    hashed = address_hash(runtime, draft.workspace_id, draft.recipient)
    if suppressions.known(session, draft.workspace_id, {hashed}):
        raise ConflictError(
            f"{draft.recipient} has opted out of mail, or cannot be reached. Skip it, saying so.",
            code="suppressed",
        )


def _delivery(task: Task, draft: MessageDraft, delivery_id: str, now: datetime) -> dict[str, Any]:
    return {
        "workspace_id": draft.workspace_id,
        "id": delivery_id,
        "account_id": draft.account_id,
        "user_id": draft.user_id,
        "run_id": draft.run_id,
        "play": task.play,
        "release": draft.release,
        "channel": "email",
        "kind": draft.kind,
        "template": draft.template,
        "recipient": draft.recipient,
        "subject": draft.subject,
        "person": draft.person,
        "task_id": draft.task_id,
        "invitation_id": draft.invitation_id,
        "calendar": "request" if draft.invitation_id else "",
        "dedupe_key": f"draft:{draft.task_id}:{delivery_id}",  # the draft's own state says "once"
        "state": "pending",
        "not_before": now + TAKE_BACK,
        "expires_at": now + EMAIL_LIVES,
        "created_at": now,
    }
