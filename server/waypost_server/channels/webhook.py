"""Webhooks after Standard Webhooks 1.0: signed, the same id on every attempt, at least once, no order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from standardwebhooks.webhooks import Webhook

from waypost_server.channels.egress import Egress, EgressError
from waypost_server.channels.outcome import Blocked, Later, Outcome, Refused, Sent

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_RETRY_AFTER = 86_400


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook. `secrets` begin with whsec_, the newest first: after a change the one before signs as well."""

    delivery_id: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    body: str
    at: datetime


class Poster(Protocol):
    """Posts one webhook, once."""

    def post(self, post: Post) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class WebhookPoster:
    """Signs and posts through the guarded way out."""

    egress: Egress

    def post(self, post: Post) -> Outcome:
        """2xx is sent, 410 is gone for good, everything else is worth another try."""
        signatures = [Webhook(each).sign(post.delivery_id, post.at, post.body) for each in post.secrets]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Waypost",
            "webhook-id": post.delivery_id,
            "webhook-timestamp": str(int(post.at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        try:
            reply = self.egress.post(post.url, post.body.encode(), headers)
        except EgressError as error:
            return Blocked(str(error)) if error.forbidden else Later(str(error))
        except OSError as error:
            return Later(f"{type(error).__name__}: {error}")
        if 200 <= reply.status < 300:
            return Sent(f"HTTP {reply.status}")
        if reply.status == 410:
            return Refused("HTTP 410: the endpoint asked not to be called again", gone=True)
        return Later(f"HTTP {reply.status}", retry_after(reply.headers.get("retry-after")))


def retry_after(value: str | None) -> int | None:
    """The seconds of a Retry-After header, a day at most; None when it names none."""
    return min(int(value), MAX_RETRY_AFTER) if value and value.isascii() and value.isdigit() else None
