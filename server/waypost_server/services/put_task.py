"""Put work into a CSM's queue: exactly once per step of a run, whatever happens to the words.

While a task of the same play for the account is open, a further signal joins it instead of making another one.
"""

from __future__ import annotations

import logging

from waypost_server.channels.nodes import parse_nodes, plain_text
from waypost_server.domain.business_days import due_after
from waypost_server.domain.dedupe import task_key
from waypost_server.domain.definitions import TaskStep
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.local_day import zone_of
from waypost_server.services.choose_owner import choose_owner
from waypost_server.services.draft_mail import editable
from waypost_server.services.join_task import join_task
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.play_words import Written, write
from waypost_server.services.task_history import note as add_note
from waypost_server.store import message_drafts, tasks
from waypost_server.store.tables import Account

log = logging.getLogger("waypost.tasks")
DRAFT_DUE_DAYS = 2


def put_task(context: RunContext, step: TaskStep, *, index: int) -> str:
    """The task of a task step, or the open one that it joins; returns its title."""
    known = tasks.open_of_plays(context.session, context.workspace_id, [context.account.id])
    task = known.get((context.account.id, context.play.key))
    if task is not None and task.run_id != context.run.id and context.signal is not None:
        join_task(
            context.session,
            context.runtime,
            task,
            signal_id=context.signal.id,
            severity=context.signal.severity,
            words=str(context.signal.evidence.get("words", "")),
        )
        return task.title
    written = _words(context, step.template, user_id=context.user_id)
    days, mute = step.due_business_days, step.mute_digital
    _put(
        context,
        index,
        written=written,
        due_days=days,
        mute_digital=mute,
        note="",
        next_step=step.next_step,
    )
    return written.subject


def put_draft(
    context: RunContext,
    *,
    index: int,
    why: str,
    template: str = "",
    user_id: str = "",
    recipient: str = "",
    kind: str = "passive",
    invitation_id: str = "",
) -> None:
    """What software may not say to this account by itself becomes work for a person, once per recipient.

    A mail comes with its words and its recipient, to be sent, edited or skipped; anything else is a task, with the
    words where there are some (a chat message), for the person to say.
    """
    if not template:
        words = Written(_fallback(context), "")
        _put(context, index, written=words, due_days=DRAFT_DUE_DAYS, mute_digital=False, note=why)
        return
    try:
        written = _filled(context, template, user_id=user_id, for_mail=True)
    except TemplateError as error:  # then the person writes it
        why = f"{why} The template {template} could not be filled in: {error.message}"
        written = Written(_fallback(context), "")
    body = editable(written.body)
    plain = Written(written.subject, "\n\n".join(plain_text([node]) for node in parse_nodes(written.body)))
    task_id = _put(
        context,
        index,
        written=plain,
        due_days=DRAFT_DUE_DAYS,
        mute_digital=False,
        note=why,
        recipient=recipient,
    )
    if task_id is not None and recipient:
        message_drafts.put(
            context.session,
            {
                "workspace_id": context.workspace_id,
                "task_id": task_id,
                "account_id": context.account.id,
                "user_id": user_id,
                "run_id": context.run.id,
                "step": index,
                "release": context.release.number,
                "template": template,
                "kind": kind,
                "recipient": recipient,
                "subject": written.subject,
                "body": body,
                "invitation_id": invitation_id,
                "state": "waiting",
            },
        )


def split(body: str) -> tuple[str, str]:
    """A task's words: what the CSM should know, and after a line `---` the message to send. Without it, a message."""
    before, line, after = body.partition("\n---\n")
    return (before.strip(), after.strip()) if line else ("", body)


def _filled(context: RunContext, template: str, *, user_id: str, for_mail: bool) -> Written:
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


def _words(context: RunContext, template: str, *, user_id: str) -> Written:
    """An escalation must not be lost to a missing value: then it comes without a draft."""
    try:
        return _filled(context, template, user_id=user_id, for_mail=False)
    except TemplateError as error:
        log.warning("task.template", extra={"template": template, "error": error.message})
        return Written(
            _fallback(context), f"(The template {template} could not be filled in: {error.message})"
        )


def _fallback(context: RunContext) -> str:
    return f"{context.play.title}: {context.account.name or context.account.id}"


def _put(
    context: RunContext,
    index: int,
    *,
    written: Written,
    due_days: int,
    mute_digital: bool,
    note: str,
    recipient: str = "",
    next_step: str = "",
) -> str | None:
    """Add the task unless it is there already; its id when it is new."""
    account, signal, now = context.account, context.signal, context.now
    task_id = context.runtime.new_id()
    brief, draft = split(written.body)
    owner, absent = choose_owner(
        context.session, context.workspace_id, account.owner, now=now, zone=context.tz
    )
    zone = zone_of(owner.timezone, context.tz) if owner is not None and owner.timezone else context.tz
    new = tasks.put(
        context.session,
        {
            "workspace_id": context.workspace_id,
            "id": task_id,
            "account_id": account.id,
            "run_id": context.run.id,
            "play": context.play.key,
            "signal_id": signal.id if signal else "",
            "dedupe_key": task_key(run_id=context.run.id, step=index, recipient=recipient),
            "title": written.subject or _fallback(context),
            "brief": brief,
            "draft": draft,
            "evidence": {"kind": signal.kind, **signal.evidence} if signal else {},
            "severity": signal.severity if signal else 0.5,
            "value": yearly_value(account),
            "next_step": next_step or account.next_step or "",
            "owner": owner.id if owner else None,
            "mute_digital": mute_digital,
            "state": "open",
            "due_at": due_after(now, due_days, zone),
            "due_days": due_days,
            "created_at": now,
        },
    )
    if not new:
        return None
    _begin(context, task_id, " ".join(words for words in (note, absent) if words))
    return task_id


def _begin(context: RunContext, task_id: str, note: str) -> None:
    """The first line of its history, and the signal behind it."""
    session, workspace_id = context.session, context.workspace_id
    if context.signal is not None:
        tasks.add_signal(session, workspace_id, task_id, context.signal.id, at=context.now)
    actor = f"play:{context.play.key}"
    add_note(session, context.runtime, workspace_id, task_id, actor=actor, kind="created", note=note)
    log.info("task.created", extra={"task": task_id, "play": context.play.key})


def yearly_value(account: Account) -> float:
    """What the account pays a year: trait `arr`, or twelve times `mrr`; 0 when unknown."""
    for trait, factor in (("arr", 1.0), ("mrr", 12.0)):
        value = account.traits.get(trait)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value) * factor
    return 0.0
