"""The rules as queries: each finds what must not be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from waypost_server.store.types import UtcDateTime

LIMIT = 50
LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rule:
    """`sql` finds breaches; `says` is a sentence over its columns."""

    name: str
    sql: str
    says: str


RULES = (
    Rule(
        "delivery_state",
        "select workspace_id w, id, state from delivery where state not in ('pending', 'awaiting_approval', 'sending',"
        " 'sent', 'failed', 'unknown', 'suppressed', 'expired', 'cancelled')",
        "{w}: delivery {id} is in the unknown state {state}.",
    ),
    Rule(
        "delivery_ended",
        "select workspace_id w, id, state from delivery"
        " where (state in ('pending', 'awaiting_approval', 'sending')) = (ended_at is not null)",
        "{w}: delivery {id} is {state}, and its end does not fit.",
    ),
    Rule(
        "delivery_lease",
        "select workspace_id w, id from delivery where (state = 'sending') <> (fence is not null)",
        "{w}: delivery {id} has a fence without being sent, or the other way round.",
    ),
    Rule(
        "delivery_stuck",
        "select workspace_id w, id, state from delivery where state = 'sending' and lease_until < :late",
        "{w}: delivery {id} has been {state} for more than ten minutes after its lease.",
    ),
    Rule(
        "sent_with_run",
        "select d.workspace_id w, d.id from delivery d where d.run_id <> '' and not exists"
        " (select 1 from play_run r where r.workspace_id = d.workspace_id and r.id = d.run_id)",
        "{w}: delivery {id} belongs to no run.",
    ),
    Rule(
        "sent_attempts",
        "select d.workspace_id w, d.id from delivery d where d.state = 'sent' and (select count(*) from attempt a"
        " where a.workspace_id = d.workspace_id and a.delivery_id = d.id and a.outcome = 'sent'"
        " and a.n > d.tries_before) <> 1",  # a person may have sent a webhook again
        "{w}: delivery {id} is sent, and has not exactly one sent attempt.",
    ),
    Rule(
        "touch_of_sent",
        "select d.workspace_id w, d.id from delivery d where d.channel = 'email' and d.kind <> 'transactional'"
        " and d.state in ('sent', 'unknown') and not exists (select 1 from touch t"
        " where t.workspace_id = d.workspace_id and t.id = 'delivery:' || d.id)",
        "{w}: e-mail {id} reached or may have reached somebody, and no touch was counted.",
    ),
    Rule(
        "delivery_approval",
        "select d.workspace_id w, d.id from delivery d where d.state = 'awaiting_approval' and not exists"
        " (select 1 from approval a where a.workspace_id = d.workspace_id and a.id = d.approval_id"
        " and a.state = 'waiting')",
        "{w}: delivery {id} waits for an approval that nobody can give.",
    ),
    Rule(
        "draft_sent",
        "select m.workspace_id w, m.task_id id from message_draft m where m.state = 'sent' and not exists"
        " (select 1 from delivery d where d.workspace_id = m.workspace_id and d.id = m.delivery_id"
        " and d.person = m.person)",
        "{w}: the message of task {id} is sent, and no delivery bears that person's name.",
    ),
    Rule(
        "run_due",
        "select workspace_id w, id, state from play_run where (state in ('paused', 'ended')) = (due_at is not null)",
        "{w}: run {id} is {state}, and its due time does not fit.",
    ),
    Rule(
        "run_story",
        "select r.workspace_id w, r.id from play_run r where r.state = 'ended' and not exists (select 1 from step_run s"
        " where s.workspace_id = r.workspace_id and s.run_id = r.id and s.kind = 'end')",
        "{w}: run {id} has ended and its story does not say so.",
    ),
    Rule(
        "signal_orphan",
        # differences of sets: no index leads from a signal to its runs, and none is needed for this alone
        "select s.workspace_id w, s.id, s.account_id account from ("
        "select workspace_id, id from signal where state = 'open' and handling_reason = ''"
        " except select workspace_id, signal_id from play_run"
        " except select workspace_id, signal_id from task) o"
        " join signal s on s.workspace_id = o.workspace_id and s.id = o.id",
        "{w}: nothing answers signal {id} of account {account}: no run, no task and no reason for none.",
    ),
    Rule(
        "account_ahead",
        "select workspace_id w, id from account where evaluated > touched",
        "{w}: account {id} was evaluated more often than it was touched.",
    ),
    Rule(
        "account_parked",
        "select workspace_id w, id from account where claims >= 5",
        "{w}: account {id} is parked: its evaluation failed five times.",
    ),
    Rule(
        "task_ended",
        "select workspace_id w, id, state from task"
        " where (state in ('done', 'dismissed', 'resolved')) = (ended_at is null)",
        "{w}: task {id} is {state}, and its end does not fit.",
    ),
    Rule(
        "task_held",
        "select workspace_id w, id, state from task where held_at is not null and state <> 'open'",
        "{w}: task {id} is held back although it is {state}.",
    ),
    Rule(
        "task_history",
        "select t.workspace_id w, t.id from task t where not exists (select 1 from task_event e"
        " where e.workspace_id = t.workspace_id and e.task_id = t.id and e.kind = 'created')",
        "{w}: task {id} has no beginning in its history.",
    ),
)
DEEP = (  # as slow as the log is long
    Rule(
        "event_keys",
        "select e.workspace_id w, e.message_id id from event e where e.message_id <> '' and not exists"
        " (select 1 from event_key k where k.workspace_id = e.workspace_id and k.message_id = e.message_id)",
        "{w}: event {id} has no key, so a repeat of it would be stored again.",
    ),
)


def broken(session: Session, rule: Rule, *, now: datetime) -> list[Mapping[str, Any]]:
    """What breaks the rule, at most 50 rows."""
    statement = text(f"{rule.sql} limit {LIMIT}")
    if ":late" in rule.sql:
        statement = statement.bindparams(bindparam("late", now - LATE, UtcDateTime()))
    return [dict(row) for row in session.execute(statement).mappings()]
