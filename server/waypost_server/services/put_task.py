"""Put work into a CSM's queue: exactly once per step of a run, whatever happens to the words."""

from __future__ import annotations

import logging
from typing import Any

from waypost_server.channels.nodes import parse_nodes, plain_text
from waypost_server.domain.business_days import due_after
from waypost_server.domain.dedupe import task_key
from waypost_server.domain.definitions import TaskStep
from waypost_server.domain.errors import TemplateError
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.play_words import Written, write
from waypost_server.store import tasks
from waypost_server.store.tables import Account

log = logging.getLogger("waypost.tasks")
DRAFT_DUE_DAYS = 2


def put_task(context: RunContext, step: TaskStep, *, index: int) -> str:
    """The task of a task step; returns its title."""
    return _put(
        context,
        index,
        written=_words(context, step.template, user_id=context.user_id),
        due_days=step.due_business_days,
        mute_digital=step.mute_digital,
        note="",
    )


def put_draft(context: RunContext, *, index: int, template: str, user_id: str, why: str) -> str:
    """What software may not say to this account by itself becomes a draft for a person. Returns the title."""
    written = _mail_words(context, template, user_id=user_id) if template else Written(_fallback(context), "")
    return _put(context, index, written=written, due_days=DRAFT_DUE_DAYS, mute_digital=False, note=why)


def split(body: str) -> tuple[str, str]:
    """A task's words: what the CSM should know, and after a line `---` the message to send. Without it, a message."""
    before, line, after = body.partition("\n---\n")
    return (before.strip(), after.strip()) if line else ("", body)


def _mail_words(context: RunContext, template: str, *, user_id: str) -> Written:
    """A mail's words without its markup: a person pastes them wherever they write."""
    written = _words(context, template, user_id=user_id, for_mail=True)
    return Written(written.subject, "\n\n".join(plain_text([node]) for node in parse_nodes(written.body)))


def _words(context: RunContext, template: str, *, user_id: str, for_mail: bool = False) -> Written:
    """An escalation must not be lost to a missing value: then it comes without a draft."""
    try:
        return write(
            context.session,
            context.runtime,
            context.release,
            workspace_id=context.workspace_id,
            account_id=context.account.id,
            user_id=user_id,
            template_key=template,
            for_mail=for_mail,
        )
    except TemplateError as error:
        log.warning("task.template", extra={"template": template, "error": error.message})
        return Written(
            _fallback(context), f"(The template {template} could not be filled in: {error.message})"
        )


def _fallback(context: RunContext) -> str:
    return f"{context.play.title}: {context.account.name or context.account.id}"


def _put(
    context: RunContext, index: int, *, written: Written, due_days: int, mute_digital: bool, note: str
) -> str:
    account, signal, now = context.account, context.signal, context.now
    task_id = context.runtime.new_id()
    brief, draft = split(written.body)
    owner = account.owner or tasks.least_loaded(context.session, context.workspace_id)
    new = tasks.put(
        context.session,
        {
            "workspace_id": context.workspace_id,
            "id": task_id,
            "account_id": account.id,
            "run_id": context.run.id,
            "play": context.play.key,
            "signal_id": signal.id if signal else "",
            "dedupe_key": task_key(run_id=context.run.id, step=index),
            "title": written.subject or _fallback(context),
            "brief": brief,
            "draft": draft,
            "evidence": {"kind": signal.kind, **signal.evidence} if signal else {},
            "severity": signal.severity if signal else 0.5,
            "value": yearly_value(account),
            "owner": owner,
            "mute_digital": mute_digital,
            "state": "open",
            "due_at": due_after(now, due_days, context.tz),
            "created_at": now,
        },
    )
    if new:
        created: dict[str, Any] = {
            "workspace_id": context.workspace_id,
            "id": context.runtime.new_id(),
            "task_id": task_id,
            "at": now,
            "actor": f"play:{context.play.key}",
            "kind": "created",
            "note": note,
        }
        tasks.note(context.session, created)
        log.info("task.created", extra={"task": task_id, "play": context.play.key})
    return written.subject


def yearly_value(account: Account) -> float:
    """What the account pays a year: trait `arr`, or twelve times `mrr`; 0 when unknown."""
    for trait, factor in (("arr", 1.0), ("mrr", 12.0)):
        value = account.traits.get(trait)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value) * factor
    return 0.0
