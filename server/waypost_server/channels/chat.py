"""Chat: Slack and Microsoft Teams by incoming webhook, Slack also by its Web API with a bot's token.

None of them knows a repeat, so a message has a commit point: after the connection stands and before the first
byte leaves. What fails before it is tried again, what fails after it is unclear.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

from waypost_server.channels import chat_words
from waypost_server.channels.egress import Egress, EgressError, Reply, WithdrawnError
from waypost_server.channels.outcome import Abandoned, Blocked, Later, Outcome, Refused, Sent, Unclear
from waypost_server.channels.webhook import retry_after

SLACK_API = "https://slack.com/api"
BOT = "xoxb-"
Mark = Callable[[], bool]
_ENDED = frozenset(
    ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope")
)
_LIMITED = frozenset(("ratelimited", "rate_limited"))
_BUSY = _LIMITED | {"service_unavailable", "request_timeout"}


@dataclass(frozen=True, slots=True)
class ChatPost:
    """One message. `address` is an incoming webhook's, or a bot's token; `room` is for the token."""

    service: str  # slack | teams
    address: str = field(repr=False)
    title: str
    markdown: str
    room: str = ""


class Chatter(Protocol):
    """Posts one message, once. Calls `mark` right before the point of no return; False means stop."""

    def post(self, post: ChatPost, mark: Mark) -> Outcome: ...

    def can_post(self, address: str) -> bool:
        """Whether an address is what it takes; while there is none, messages wait."""


@dataclass(frozen=True, slots=True)
class ChatPoster:
    """Posts through the guarded way out."""

    egress: Egress
    slack_api: str = SLACK_API

    def post(self, post: ChatPost, mark: Mark) -> Outcome:
        """What the service says; 429 names when to come back."""
        url, headers, body = self._request(post)
        try:
            reply = self.egress.post(url, json.dumps(body).encode(), headers, ready=mark)
        except WithdrawnError:
            return Abandoned()
        except EgressError as error:
            return Blocked(str(error)) if error.forbidden else Later(str(error))
        except OSError as error:
            return Unclear(f"no answer after the message was handed over: {type(error).__name__}")
        return _api_verdict(reply) if post.address.startswith(BOT) else _verdict(reply)

    def can_post(self, address: str) -> bool:
        """An incoming webhook's address or a bot's token."""
        return bool(address)

    def _request(self, post: ChatPost) -> tuple[str, dict[str, str], dict[str, Any]]:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Waypost"}
        if post.service == "teams":
            return post.address, headers, chat_words.teams(post.title, post.markdown)
        body = chat_words.slack(post.title, post.markdown)
        if not post.address.startswith(BOT):
            return post.address, headers, body
        url = f"{self.slack_api}/chat.postMessage"
        return url, {**headers, "Authorization": f"Bearer {post.address}"}, {**body, "channel": post.room}


def shown(address: str) -> str:
    """An address as people may see it: where it leads, and its last four characters."""
    if not address:
        return ""
    end = address[-4:] if len(address) >= 24 else ""
    return f"a bot's token …{end}" if address.startswith(BOT) else f"{urlsplit(address).hostname}/…{end}"


def _verdict(reply: Reply) -> Outcome:
    """Of an incoming webhook."""
    words = f"HTTP {reply.status}"
    if 200 <= reply.status < 300:
        return Sent(words)
    if reply.status in (429, 503):
        return Later(
            words,
            retry_after(reply.headers.get("retry-after")),
            too_fast=reply.status == HTTPStatus.TOO_MANY_REQUESTS,
        )
    if reply.status >= 500:
        return Unclear(f"{words}: it may have been posted")
    return Refused(f"{words}{_said(reply)}", gone=reply.status in (404, 410))


def _api_verdict(reply: Reply) -> Outcome:
    """Of Slack's Web API, which says 200 also when it refuses."""
    if reply.status != 200:
        return _verdict(reply) if reply.status != 404 else Refused("HTTP 404")
    try:
        said = json.loads(reply.body)
        taken, error = said.get("ok") is True, str(said.get("error", ""))[:80]
    except (ValueError, AttributeError):
        return Unclear("the answer is not Slack's")
    if taken:
        return Sent(f"posted as {str(said.get('ts', ''))[:40]}")
    if error in _BUSY:
        return Later(error, retry_after(reply.headers.get("retry-after")), too_fast=error in _LIMITED)
    return Refused(f"Slack says {error}", gone=error in _ENDED)


def _said(reply: Reply) -> str:
    text = reply.body[:120].decode("utf-8", "replace").strip()
    return f": {text}" if text.isprintable() and text else ""
