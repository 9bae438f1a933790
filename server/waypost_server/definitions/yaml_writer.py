"""Plain values as YAML in braces and brackets: short to read, and read back exactly as they were."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .strict_yaml import YamlProblemError, read

_PLAIN = re.compile(r"(?:[A-Za-z_$/]|[0-9]+[A-Za-z])[A-Za-z0-9_$./@+-]*( [A-Za-z0-9_$./@+-]+)*")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def written(value: Any) -> str:
    """A value on one line: {user.role: {$in: [admin, viewer]}}."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{written(str(key))}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    """Without quotes where it reads back as the same text."""
    if _PLAIN.fullmatch(value):
        try:
            if read("", value).data == value:
                return value
        except YamlProblemError:  # such as @ at the start
            pass
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
