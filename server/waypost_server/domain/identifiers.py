"""Ids of users, accounts and messages: NFC text, visible, and never a placeholder.

Clients send `null`, `undefined` or `[object Object]` as ids by mistake; taking one would glue strangers
together into one person, which cannot be undone. So those are refused, not stored.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from waypost_server.domain import limits
from waypost_server.domain.rejection import RejectedError

PLACEHOLDERS = frozenset(
    (
        "",
        "null",
        "undefined",
        "none",
        "nil",
        "nan",
        "0",
        "guest",
        "anonymous",
        "[object object]",
        "true",
        "false",
    )
)
HIDDEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def read_id(value: Any, field: str) -> str:
    """The id as stored. Numbers become text. Raises RejectedError with a code that names the field."""
    text = value if type(value) is str else _number_as_text(value, field)
    if not (text.isascii() and text.isprintable()):
        text = _visible(text, field)
    if len(text) > limits.ID_BYTES or len(text.encode()) > limits.ID_BYTES:
        raise RejectedError("id_too_long", f"{field} is over {limits.ID_BYTES} bytes.")
    if len(text) < 16 and text.strip().casefold() in PLACEHOLDERS:
        raise RejectedError("id_denied", f'{field} is "{text}", which is a placeholder and names nobody.')
    return text


def read_message_id(value: Any) -> str:
    """The messageId as stored: the key by which a repeated event is recognised."""
    text = value if type(value) is str else _number_as_text(value, "messageId")
    if not (text.isascii() and text.isprintable()):
        text = _visible(text, "messageId")
    if len(text) > limits.MESSAGE_ID_CHARACTERS:
        raise RejectedError(
            "message_id_too_long", f"messageId is over {limits.MESSAGE_ID_CHARACTERS} characters."
        )
    return text


def _number_as_text(value: Any, field: str) -> str:
    if type(value) is int:
        return str(value)
    if type(value) is float and value == value and abs(value) != float("inf"):
        return str(int(value)) if value.is_integer() and abs(value) <= limits.SAFE_INTEGER else repr(value)
    if isinstance(value, bool):
        raise RejectedError("id_denied", f"{field} is {str(value).lower()}, which names nobody.")
    raise RejectedError("id_type", f"{field} must be text or a number.")


def _visible(text: str, field: str) -> str:
    text = unicodedata.normalize("NFC", text)
    for character in text:
        if unicodedata.category(character) in HIDDEN:
            raise RejectedError(
                "id_invisible", f"{field} holds an invisible character (U+{ord(character):04X})."
            )
    return text
