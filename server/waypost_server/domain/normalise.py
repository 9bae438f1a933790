"""Make a decoded JSON value storable on every database, and say what was changed.

Most events are ordinary: plain text, small numbers, shallow. `is_ordinary` proves that in one cheap
pass; only the others pay for `normalised`, which rebuilds the value.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from waypost_server.domain import limits
from waypost_server.domain.rejection import RejectedError

SHORT_KEY = limits.KEY_BYTES // 4  # a key of so many characters is within the limit in any script
SURROGATES = range(0xD800, 0xE000)


def is_ordinary(node: Mapping[str, Any], room: int = limits.EVENT_DEPTH) -> bool:
    """True if nothing in `node` needs a change or a closer look. Assumes its text is ASCII without NUL."""
    for name, value in node.items():
        kind = type(value)
        if len(name) > SHORT_KEY:
            return False
        if kind is str:
            continue
        if kind is dict:
            if room <= 2 or not is_ordinary(value, room - 1):
                return False
        elif kind is int:
            if not -limits.SAFE_INTEGER <= value <= limits.SAFE_INTEGER:
                return False
        elif kind is list and value:
            return False
    return True


def depth(value: Any, ceiling: int = limits.DOCUMENT_DEPTH) -> int:
    """How deep `value` nests; stops counting just above `ceiling`, so that its cost is bounded."""
    level, row = 0, [value]
    while level <= ceiling:
        row = [child for node in row for child in _children(node)]
        if not row:
            return level
        level += 1
    return level


def _children(node: Any) -> list[Any]:
    """A container stands for its own level, so an empty one still counts."""
    if isinstance(node, dict):
        return [(), *(value for value in node.values() if isinstance(value, dict | list))]
    if isinstance(node, list):
        return [(), *(value for value in node if isinstance(value, dict | list))]
    return []


def normalised(value: Any, warnings: set[str]) -> Any:
    """`value` with every part storable; adds a code to `warnings` for each kind of change.

    Raises RejectedError for a key that is too long or holds a lone surrogate.
    """
    if type(value) is str:
        return storable_text(value, warnings)
    if type(value) is dict:
        return {_key(name, warnings): normalised(child, warnings) for name, child in value.items()}
    if type(value) is list:
        return [normalised(child, warnings) for child in value]
    if type(value) is float and not math.isfinite(value):
        warnings.add("number_not_finite")
        return None
    if type(value) is int and abs(value) > limits.SAFE_INTEGER:
        warnings.add("integer_as_text")
        return str(value)
    return value


def storable_text(text: str, warnings: set[str]) -> str:
    """`text` without NUL and with U+FFFD for lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    if "\0" in text:
        warnings.add("nul_removed")
        text = text.replace("\0", "")
    if has_surrogate(text):
        warnings.add("surrogate_replaced")
        text = "".join("\ufffd" if ord(character) in SURROGATES else character for character in text)
    return text


def is_storable(text: str) -> bool:
    """Whether both databases keep a text as it is."""
    return "\x00" not in text and not has_surrogate(text)


def has_surrogate(text: str) -> bool:
    """True if `text` cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _key(name: str, warnings: set[str]) -> str:
    if has_surrogate(name):
        raise RejectedError("key_surrogate", "A property name holds half a character (a lone surrogate).")
    if "\0" in name:
        warnings.add("nul_removed")
        name = name.replace("\0", "")
    name = unicodedata.normalize("NFC", name)
    if len(name.encode()) > limits.KEY_BYTES:
        raise RejectedError("key_too_long", f"A property name is over {limits.KEY_BYTES} bytes.")
    return name
