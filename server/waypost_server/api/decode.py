"""A request's bytes to a JSON document, at bounded cost, whatever the bytes are.

Reads at most 512 KB and inflates to at most 512 KB, strictly UTF-8. `NaN` and `Infinity`, which old Python
clients send, become null; integers too long for a number become text.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Request

from waypost_server.domain import limits
from waypost_server.domain.errors import BadInputError, TooLargeError, WaypostError

JSON_TYPES = frozenset(("", "application/json", "text/plain"))
CHUNK = 64 * 1024
LONGEST_NUMBER = 17  # characters; more cannot be an exact number


class MediaTypeError(BadInputError):
    """A content type or encoding that is not spoken here."""

    code = "unsupported_media_type"
    status = 415


class BadJsonError(BadInputError):
    """The body is not JSON."""

    code = "bad_json"


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded body. `plain`: ASCII without `\\u` escapes, so that its text is storable as it is."""

    value: dict[str, Any]
    plain: bool


def read_document(request: Request) -> Document:
    """The JSON object in the body. Raises MediaTypeError, TooLargeError or BadJsonError."""
    _check_type(request)
    body = read_body(request)
    value, exact = decode(body)
    if not isinstance(value, dict):
        raise BadJsonError("The body must be a JSON object.", code="bad_body")
    return Document(value, exact and body.isascii() and b"\\u" not in body)


def _check_type(request: Request) -> None:
    if request.mimetype not in JSON_TYPES:
        raise MediaTypeError("Send JSON: content-type application/json or text/plain.")
    if request.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity", "gzip"):
        raise MediaTypeError("Send the body as it is, or compressed with gzip.")


def read_body(request: Request) -> bytes:
    """The body, inflated; never more than the limit is read or made."""
    if (request.content_length or 0) > limits.BODY_BYTES:
        raise _too_large()
    wire = _read(request)
    if request.headers.get("Content-Encoding", "").strip().lower() == "gzip":
        return inflate(wire)
    return wire


def _read(request: Request) -> bytes:
    stream = request.stream
    parts, size = [], 0
    while part := stream.read(min(CHUNK, limits.BODY_BYTES + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > limits.BODY_BYTES:
            raise _too_large()
    return b"".join(parts)


def inflate(wire: bytes) -> bytes:
    """One whole gzip member. Raises BadInputError for a broken, cut or second one, TooLargeError for a bomb."""
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(wire, limits.BODY_BYTES + 1)
    except zlib.error as error:
        raise BadInputError("The body is not gzip, as its Content-Encoding says.", code="bad_gzip") from error
    if len(plain) > limits.BODY_BYTES:
        raise _too_large()
    if not machine.eof or machine.unused_data:
        raise BadInputError("The gzip body is cut off, or holds more than one member.", code="bad_gzip")
    return plain


def _too_large() -> WaypostError:
    return TooLargeError(f"The body is over {limits.BODY_BYTES // 1024} KB; send smaller batches.")


def decode(body: bytes) -> tuple[Any, bool]:
    """JSON to Python, and whether it was JSON to the letter. Duplicate keys: the last one counts.

    Raises BadJsonError.
    """
    try:
        return msgspec.json.decode(body), True
    except RecursionError as error:
        raise _too_deep() from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_tolerantly(body), False


def _decode_tolerantly(body: bytes) -> Any:
    """For what the fast reader refuses: NaN, Infinity, half characters, numbers beyond any range."""
    try:
        return json.loads(body.decode(), parse_constant=lambda _: float("nan"), parse_int=_integer)
    except UnicodeDecodeError as error:
        raise BadJsonError("The body is not UTF-8.", code="bad_encoding") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise BadJsonError(f"The body is not JSON: {error}.") from error


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= LONGEST_NUMBER else text


def _too_deep() -> WaypostError:
    return BadInputError(f"The body nests deeper than {limits.DOCUMENT_DEPTH} levels.", code="too_deep")
