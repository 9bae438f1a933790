"""Logs say what went wrong and where, and never what a customer wrote or what permits something."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from granian.log import LogLevels, configure_logging
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.apps import SECRET
from waypost_server.app import create_app
from waypost_server.cli.logs import WEB_SERVER, JsonLines
from waypost_server.config import Settings
from waypost_server.domain.errors import NotFoundError
from waypost_server.store.database import Database

PRIVATE = "ada@customer.example"


def line_of(error: BaseException) -> dict[str, Any]:
    """What is logged of an error that was caught."""
    record = logging.LogRecord("waypost.x", logging.ERROR, "x.py", 1, "x.failed", None, None)
    record.exc_info = (type(error), error, error.__traceback__)
    found: dict[str, Any] = json.loads(JsonLines().format(record))
    return found


def test_a_refused_statement_tells_no_values(database: Database) -> None:
    """A database quotes the row that it refuses; the log names the error and the place in the code alone."""
    insert = text("insert into suppression (workspace_id, address_hash, reason) values (:a, :a, :a)")
    with pytest.raises(DBAPIError) as caught, database.write() as session:
        session.execute(insert, {"a": PRIVATE})
    line = line_of(caught.value)
    assert line["event"] == "x.failed" and "test_logs.py" in line["trace"]
    assert "sqlalchemy.exc.IntegrityError" in line["trace"]
    assert PRIVATE not in json.dumps(line)
    assert PRIVATE not in str(caught.value).partition("DETAIL")[0], "nor among the statement's parameters"


def test_our_own_words_and_the_systems_are_kept() -> None:
    """Errors of ours and of the operating system say why; whatever caused them stands above."""
    try:
        try:
            raise ValueError(PRIVATE)
        except ValueError as cause:
            raise NotFoundError("There is no such thing.") from cause
    except NotFoundError as error:
        trace = line_of(error)["trace"]
    assert trace.index("builtins.ValueError") < trace.index("NotFoundError: There is no such thing.")
    assert PRIVATE not in trace
    assert "No space left on device" in line_of(OSError(28, "No space left on device"))["trace"]


def test_an_unexpected_error_does_not_log_the_address(
    caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    """Addresses of calendars, answers and login links hold the permission itself: the endpoint is named instead."""
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/none.db", secret=SECRET))
    app.add_url_rule("/boom/<token>", "boom", lambda token: 1 / 0)
    assert app.test_client().get("/boom/tok3n").status_code == 500
    (record,) = [each for each in caplog.records if each.message == "request.failed"]
    assert record.endpoint == "boom"  # type: ignore[attr-defined]  # an extra of ours
    assert "tok3n" not in JsonLines().format(record)


def test_the_web_server_logs_as_everything_else_does(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, an object a line, without advice about threads that wait for the database."""
    configure_logging(LogLevels.info, WEB_SERVER)
    logger = logging.getLogger("_granian")
    logger.info("Started worker-1")
    logger.warning("Configuration allows spawning up to 8 Python threads, which seems quite high.")
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert (json.loads(line)["level"], json.loads(line)["event"]) == ("info", "Started worker-1")
    assert printed.out == ""
