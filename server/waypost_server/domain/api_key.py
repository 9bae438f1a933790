"""The shape of an API key: `wp_pk_<id 8>_<random 32><check 6>`, base62.

The check digits let a scanner or a person tell a typo from a wrong key without asking the server;
190 random bits need no slow hash.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX = {"public": "wp_pk_", "secret": "wp_sk_"}
SCOPES = {"public": ("ingest", "decide"), "secret": ("ingest", "decide", "manage", "read", "erase")}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A whole key: shown once, kept only as a hash."""

    id: str
    kind: str
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        """SHA-256 of the whole text, hex."""
        return hash_key(self.text)


def hash_key(text: str) -> str:
    """What the database keeps of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_key(kind: str, choice: Callable[[str], str]) -> ApiKey:
    """A new key of `kind`; `choice` picks one character (give it a cryptographic one)."""
    key_id = "".join(choice(ALPHABET) for _ in range(8))
    body = f"{PREFIX[kind]}{key_id}_" + "".join(choice(ALPHABET) for _ in range(32))
    return ApiKey(id=key_id, kind=kind, text=body + _check(body))


def parse_key(text: str) -> ApiKey | None:
    """The parts of a well-formed key, or None (also when the check digits are wrong)."""
    kind = next((kind for kind, prefix in PREFIX.items() if text.startswith(prefix)), None)
    if kind is None or len(text) != 6 + 8 + 1 + 32 + 6 or text[14] != "_" or not text.isascii():
        return None
    return ApiKey(id=text[6:14], kind=kind, text=text) if _check(text[:-6]) == text[-6:] else None


def _check(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits
