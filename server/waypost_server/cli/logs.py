"""Logs as one JSON object a line: time, level, event name, key-values. Never payloads.

Of an error its kind and its place in the code are kept. Its words are kept only where they are ours or the operating
system's: a database quotes the row it refuses, a mail server the address.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from waypost_server.config import unknown
from waypost_server.domain.errors import WaypostError

# What the web server says for itself, in the same form and place; `granian.log` merges it by its top names.
WEB_SERVER: dict[str, Any] = {
    "formatters": {"lines": {"()": "waypost_server.cli.logs.JsonLines"}},
    "filters": {"meant": {"()": "waypost_server.cli.logs.Meant"}},
    "handlers": {
        "lines": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stderr",
            "formatter": "lines",
            "filters": ["meant"],
        }
    },
    "loggers": {"_granian": {"handlers": ["lines"], "propagate": False}},
}
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
MOST_CAUSES = 8


class JsonLines(logging.Formatter):
    """Formats a record; whatever was passed as `extra` becomes a key."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line["logger"] = record.name
        line.update({key: value for key, value in record.__dict__.items() if key not in STANDARD})
        if record.exc_info:
            line["trace"] = trace(record.exc_info[1])
        return json.dumps(line, default=str)


class Meant(logging.Filter):
    """Drops the advice to have fewer threads than wait for the database at times."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "Python threads" not in record.getMessage()


def trace(error: BaseException | None) -> str:
    """Kind and frames of an error and of those behind it, the first cause on top."""
    told: list[str] = []
    while error is not None and len(told) < MOST_CAUSES:
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.insert(0, f"{frames}{type(error).__module__}.{type(error).__qualname__}{_words(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(told)


def _words(error: BaseException) -> str:
    is_system = isinstance(error, OSError) and type(error).__module__ == "builtins"
    return f": {error}" if is_system or isinstance(error, WaypostError) else ""


def configure(level: int = logging.INFO) -> None:
    """Send every log of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def tell_unknown_settings() -> None:
    """A line for each WAYPOST_* variable that nothing reads: most are misspelt."""
    for name, meant in unknown().items():
        logging.getLogger("waypost.settings").warning(
            "settings.unknown", extra={"variable": name, "meant": meant}
        )
