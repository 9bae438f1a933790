"""Regular expressions on RE2, whose time grows with the length of the text and never explodes.

The syntax is RE2's: everything common, without looking around and without back references. A pattern is
searched anywhere in the text, as in JavaScript. Texts above `MAX_TEXT` characters never match: no fact that
somebody writes a pattern for is that long, and a decision must not wait for one that is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import re2

MAX_PATTERN = 256
MAX_TEXT = 1000
_MEMORY = 1 << 20  # bytes a compiled pattern may take; `(a{500}){500}` is refused
_UNICODE_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")


class PatternError(ValueError):
    """A pattern that RE2 does not take; the message is RE2's own."""


@lru_cache(maxsize=512)
def searcher(pattern: str, ignore_case: bool = False) -> Callable[[str], bool]:
    """A function that says whether the pattern is found in a text. Raises PatternError."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern has {len(pattern)} characters, {MAX_PATTERN} are allowed")
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    try:  # \u00e9 is how JavaScript writes what RE2 calls \x{00e9}
        compiled = re2.compile(_UNICODE_ESCAPE.sub(r"\1\\x{\2}", pattern).encode(), options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else "it cannot be read"
        message = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(message) from None

    def found(text: str) -> bool:
        return len(text) <= MAX_TEXT and compiled.search(text.encode("utf-8", "replace")) is not None

    return found
