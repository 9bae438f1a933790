"""What mail servers send back: delivery status notifications (RFC 3464) and complaints (ARF, RFC 5965).

A report is read for three things only: which of our mails it is about, whether it will ever arrive, and the few
words that say why. The address it names is not believed: whoever forges a report must not stop others' mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Literal

Kind = Literal["hard", "soft", "complaint"]
DETAIL = 300
MOST_PARTS = 50
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,64}")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# RFC 3463: the address is bad (5.1.1-4, 5.1.6, 5.1.10), or the mailbox is switched off (5.2.1).
_HARD = frozenset(("5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"))
_NO_COMPLAINT = frozenset(("not-spam", "auth-failure", "dmarc"))


@dataclass(frozen=True, slots=True)
class Report:
    """One mail's fate. `delivery_id` is what the mail carried, `returned_to` the address the report came to."""

    kind: Kind
    status: str
    detail: str
    delivery_id: str
    returned_to: tuple[str, ...]
    report_id: str  # the same report read twice is one


def read(raw: bytes) -> list[Report]:
    """The reports in a message; none when it is an ordinary mail, or says that all is well.

    Anybody may write to the address. What nests so deep that it cannot be taken apart is no report.
    """
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
    except RecursionError:
        return []
    parts = list(_parts(message))
    delivery_id = next(filter(None, (_carried(part) for part in parts)), "")
    about = delivery_id, _returned_to(message, parts), str(message["Message-ID"] or "").strip()[:200]
    found = [report for part in parts for report in _statuses(part, about)]
    return found + [report for part in parts for report in _complaint(part, about)]


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return
        yield part


def _statuses(part: Message, about: tuple[str, tuple[str, ...], str]) -> Iterator[Report]:
    blocks = part.get_payload()
    if part.get_content_type() != "message/delivery-status" or not isinstance(blocks, list):
        return
    for block in blocks[1:]:  # the first one is about the message as a whole
        assert isinstance(block, Message)
        action = _field(block, "Action").lower()
        if action not in ("failed", "delayed"):
            continue
        status = (_STATUS.search(_field(block, "Status")) or _STATUS.search("5.0.0"))[0]  # type: ignore[index]
        kind: Kind = "hard" if action == "failed" and status in _HARD else "soft"
        detail = _field(block, "Diagnostic-Code").partition(";")[2].strip() or status
        yield Report(kind, status, " ".join(detail.split())[:DETAIL], *about)


def _complaint(part: Message, about: tuple[str, tuple[str, ...], str]) -> Iterator[Report]:
    if part.get_content_type() != "message/feedback-report":
        return
    inner = part.get_payload()
    fields = inner[0] if isinstance(inner, list) else message_from_bytes(str(inner).encode())
    assert isinstance(fields, Message)
    kind = _field(fields, "Feedback-Type").lower()
    if kind and kind not in _NO_COMPLAINT:
        delivery_id, returned_to, report_id = about
        sender = _address(_field(fields, "Original-Mail-From"))
        yield Report(
            "complaint", kind[:40], f"complaint: {kind[:40]}", delivery_id, (*returned_to, sender), report_id
        )


def _carried(part: Message) -> str:
    """The delivery's id in the returned mail's own headers, which come back as a part or as text."""
    found = str(part.get("X-Waypost-Delivery") or "")
    if not found and part.get_content_type() == "text/rfc822-headers":
        body = part.get_payload(decode=True)
        found = message_from_bytes(body if isinstance(body, bytes) else b"").get("X-Waypost-Delivery", "")
    found = str(found).strip()
    return found if _DELIVERY.fullmatch(found) else ""


def _returned_to(message: Message, parts: list[Message]) -> tuple[str, ...]:
    names = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
    own = [_address(value) for name in names for value in message.get_all(name, [])]
    senders = [_address(value) for part in parts[1:] for value in part.get_all("Return-Path", [])]
    return tuple(each for each in [*own, *senders] if each)


def _address(value: str) -> str:
    found = re.search(r"[^\s<>\",;:]{1,64}@[A-Za-z0-9.-]{1,255}", str(value))
    return found[0] if found else ""


def _field(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip()
