"""One decision, one key: what makes two deliveries the same delivery."""

from __future__ import annotations

import hashlib


def delivery_key(*, run_id: str, step: int, channel: str, recipient: str) -> str:
    """The same run, step, channel and address is one delivery, for ever. Addresses compare case-blind."""
    text = "\x1f".join((run_id, str(step), channel, recipient.strip().casefold()))
    return hashlib.sha256(text.encode()).hexdigest()


def task_key(*, run_id: str, step: int, recipient: str = "") -> str:
    """One task per step of a run, and per recipient where it is a message to somebody."""
    to = recipient.strip().casefold()
    return f"{run_id}:{step}:{to}" if to else f"{run_id}:{step}"
