"""Checks of policy.yaml."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from waypost_server.definitions.findings import Where
from waypost_server.definitions.nested import nearest
from waypost_server.domain.channel_choice import CHANNELS as ORDERED
from waypost_server.domain.channel_choice import DEFAULT

from .context import Context
from .languages import check_languages

KINDS = ("interrupting", "passive", "survey", "transactional")
CHANNELS = ("in_app", "email", "chat", "webhook", "call", "meeting", "message")


def run(context: Context) -> None:
    """Caps name kinds and channels that exist; the zone exists; webhooks are https addresses."""
    policy, source = context.definitions.policy, context.file("policy.yaml")
    for index, cap in enumerate(policy.caps):
        _words(context, cap.kinds or (), KINDS, ("caps", index, "kinds"))
        _words(context, cap.channels or (), CHANNELS, ("caps", index, "channels"))
    try:
        ZoneInfo(policy.timezone)
    except (KeyError, ValueError, OSError):
        message = f"there is no time zone {policy.timezone!r}"
        context.report.error(
            source, ("timezone",), "unknown_timezone", message, "use an IANA name: Europe/Berlin"
        )
    for key, topic in policy.topics.items():
        for play in topic.plays:
            context.require("play", play, source, ("topics", key, "plays"))
        check_languages(context, topic.titles, source, ("topics", key, "titles"))
    for name, url in policy.webhooks.items():
        _webhook(context, name, url)
    _channels(context)
    _tasks(context)
    if "policy.yaml" in context.sources and not policy.caps:
        message = "there is no cap on how often a person is reached"
        remedy = "write `caps: [{max: 3, per: 7d}]`, or leave the line out: that is three a week"
        context.report.warning(source, (), "no_cap", message, remedy)


def _channels(context: Context) -> None:
    """Phases that exist, and channels that reach people."""
    policy, source = context.definitions.policy, context.file("policy.yaml")
    for phase, channels in policy.channels.items():
        if phase != DEFAULT:
            context.require("phase", phase, source, ("channels", phase))
        for channel in channels:
            if channel not in ORDERED:
                message, remedy = f"{channel!r} is no channel to reach a person by", nearest(channel, ORDERED)
                context.report.error(source, ("channels", phase), "unknown_channel", message, remedy)


def _tasks(context: Context) -> None:
    """The lead is somebody with an address; webhook and room exist, and no customer reads the room."""
    policy, source = context.definitions.policy, context.file("policy.yaml")
    chosen = policy.tasks
    if chosen.webhook and chosen.webhook not in policy.webhooks:
        message = f"there is no webhook {chosen.webhook!r}"
        remedy = nearest(chosen.webhook, tuple(policy.webhooks))
        context.report.error(source, ("tasks", "webhook"), "unknown_webhook", message, remedy)
    if chosen.chat and chosen.chat not in policy.chat:
        message, remedy = f"there is no chat {chosen.chat!r}", nearest(chosen.chat, tuple(policy.chat))
        context.report.error(source, ("tasks", "chat"), "unknown_chat", message, remedy)
    elif chosen.chat and not policy.is_ours(chosen.chat):
        message = f"customers read the chat {chosen.chat!r}"
        context.report.error(
            source, ("tasks", "chat"), "chat_of_customers", message, "name a room without `room_trait`"
        )
    if chosen.lead and "@" not in chosen.lead.strip("@"):
        message, remedy = f"{chosen.lead!r} is no e-mail address", "write the address they log in with"
        context.report.error(source, ("tasks", "lead"), "bad_lead", message, remedy)


def _words(context: Context, words: Collection[str], known: tuple[str, ...], where: Where) -> None:
    for word in words:
        if word not in known:
            message = f"there is no {str(where[-1])[:-1]} {word!r}"
            context.report.error(
                context.file("policy.yaml"), where, "unknown_word", message, nearest(word, known)
            )


def _webhook(context: Context, name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username
    except ValueError:
        good = False
    where = ("webhooks", name)
    if not good:
        message = f"the webhook {name!r} has no web address"
        context.report.error(
            context.file("policy.yaml"), where, "bad_url", message, "write https://… without a user name"
        )
    elif parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        message = f"the webhook {name!r} is not encrypted"
        context.report.warning(context.file("policy.yaml"), where, "plain_http", message, "use https://")
