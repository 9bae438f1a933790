"""policy.yaml → Policy. A missing file, or a missing line, means the default; null means no limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waypost_server.domain.policy import (
    Cap,
    ChatRoom,
    MailRate,
    PlayEmails,
    Policy,
    QuietHours,
    SessionRule,
    TaskPolicy,
    Topic,
    UrgentRule,
)
from waypost_server.domain.theme import Palette, Theme

from .findings import Report, Source
from .nested import validate
from .schemas import PolicySchema

Data = Mapping[str, Any]


def build_policy(source: Source, report: Report) -> Policy | None:
    """policy.yaml."""
    data = validate(PolicySchema, source.data or {}, source, report)
    if data is None:
        return None
    fair = Policy()
    return Policy(
        caps=_caps(data, fair),
        quiet_hours=_rule(data, "quiet_hours", fair.quiet_hours, lambda one: QuietHours(**one)),
        min_gap_seconds=(data["min_gap"] or 0) if "min_gap" in data else fair.min_gap_seconds,
        session=_rule(data, "session", fair.session, _session),
        play_emails=_rule(
            data, "play_emails", fair.play_emails, lambda one: PlayEmails(one["max"], one["per"])
        ),
        dismissals_before_stop=data.get("dismissals_before_stop", fair.dismissals_before_stop),
        holdout_percent=data.get("holdout", {}).get("percent", 0),
        approval_above=_rule(data, "approval", fair.approval_above, lambda one: one["above"]),
        daily_ceiling=data.get("daily_ceiling", fair.daily_ceiling),
        timezone=data.get("timezone", "UTC"),
        webhooks=data.get("webhooks", {}),
        theme=_theme(data["theme"]) if "theme" in data else None,
        tasks=_tasks(data.get("tasks", {})),
        topics={
            key: Topic(one["titles"], tuple(one["plays"])) for key, one in data.get("topics", {}).items()
        },
        mail_rates={
            domain.lower(): MailRate(one["max"], one["per"])
            for domain, one in data.get("mail_rates", {}).items()
        },
        channels={phase: tuple(each) for phase, each in data.get("channels", {}).items()},
        chat={
            key: ChatRoom(one["service"], one.get("room", ""), one.get("room_trait", ""))
            for key, one in data.get("chat", {}).items()
        },
    )


def _theme(one: Data) -> Theme:
    light, dark = (Palette(**one.get(name, {})) for name in ("light", "dark"))
    return Theme(light, dark, one.get("radius"))


def _caps(data: Data, fair: Policy) -> tuple[Cap, ...]:
    if "caps" not in data:
        return fair.caps
    return tuple(
        Cap(one["max"], one["per"], one.get("scope", "person"), one.get("kinds"), one.get("channels"))
        for one in data["caps"] or ()
    )


def _rule(data: Data, line: str, default: Any, make: Any) -> Any:
    """The default without the line, None for null, else what the line says."""
    if line not in data:
        return default
    return None if data[line] is None else make(data[line])


def _session(one: Data) -> SessionRule:
    fair = SessionRule()
    settle = one.get("settle", fair.settle_seconds)
    return SessionRule(one.get("max", fair.max), settle or 0)


def _tasks(one: Data) -> TaskPolicy:
    fair = TaskPolicy()
    urgent = tuple(UrgentRule(**rule) for rule in one["urgent"] or ()) if "urgent" in one else fair.urgent
    capacity, words = one.get("capacity", fair.capacity), (one.get(name, "") for name in ("webhook", "chat"))
    return TaskPolicy(capacity, one.get("lead", ""), urgent, *words)
