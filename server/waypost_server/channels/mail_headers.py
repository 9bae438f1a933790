"""E-mail headers made from other people's text.

CPython before 3.11.10 decodes `=?utf-8?q?=0ABcc:...?=` in a header value and writes the line break out, so
a merge field can add a recipient. Therefore: no control characters, no "=?", our own encoding, and after
serialising, every line is either a header that we name or the rest of one.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping

from waypost_server.domain.errors import BadInputError

MAX_SUBJECT = 200
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_PLAIN = re.compile(r"[ -~]*")
_FOLDED = re.compile(r"[ -~]*(?:\r\n [!-~][ -~]*)*")
_CHUNK = 42  # bytes of UTF-8 in one encoded word: under the 75 characters RFC 2047 allows


class HeaderError(BadInputError):
    """A header value that must not reach a mail server."""

    code = "mail_header"


def clean(value: str) -> str:
    """One line of visible text, or HeaderError. Runs of white space become one space."""
    text = re.sub(r"[ \t]+", " ", unicodedata.normalize("NFC", value)).strip()
    if not _PLAIN.fullmatch(text):
        for character in text:
            if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
                raise HeaderError(f"a header must not contain the character U+{ord(character):04X}")
    while "=?" in text:
        text = text.replace("=?", "= ?")
    return text


def address(value: str) -> str:
    """Exactly one plain address (no display name, no list), or HeaderError."""
    text = value.strip()
    if "=?" in text or len(text) > 254 or not _ADDRESS.fullmatch(text) or ".." in text:
        raise HeaderError("this is not one plain e-mail address")
    return text


def encoded(value: str) -> str:
    """A cleaned value as it goes over the wire: ASCII as it is, everything else as base64 words."""
    if value.isascii() and len(value) <= 900:
        return value
    words, chunk = [], b""
    for character in value:
        data = character.encode()
        if len(chunk) + len(data) > _CHUNK:
            words.append(chunk)
            chunk = b""
        chunk += data
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def serialise(headers: Mapping[str, str]) -> bytes:
    """The header block with its closing empty line; HeaderError when it could be read differently.

    Each value is printable ASCII, and a line break in it is followed by a space: so every line that begins
    without one is a header of ours, however it is parsed.
    """
    for value in headers.values():
        if not _FOLDED.fullmatch(value):
            raise HeaderError("a header would be read differently from how it was written")
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("ascii") + b"\r\n"
