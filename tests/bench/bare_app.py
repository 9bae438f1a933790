"""The least a Flask back end must do with events: parse the batch and insert the same rows into one table.

No checks, no dedupe, no folding; the commit is durable. What Waypost costs on top of this is the ratio that
`ingest.py` prints. WAYPOST_BARE names the database: a psycopg conninfo, or a path for SQLite. WAYPOST_BARE_WAY says
how PostgreSQL is written to: "copy" into a table without an index, the least that is possible, or "insert" from
arrays into one with a key and an index, as an ordinary application does.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from typing import Any

import psycopg
from flask import Flask, request

TARGET = os.environ.get("WAYPOST_BARE", "")
WAY = os.environ.get("WAYPOST_BARE_WAY", "copy")
COLUMNS = "account_id text, user_id text, message_id text, name text, ts text, body"
COPY = "copy bare from stdin"
INSERT = """
insert into bare_indexed (account_id, user_id, message_id, name, ts, body)
select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[])
"""
INTO_SQLITE = "insert into bare values (?, ?, ?, ?, ?, ?)"
local = threading.local()
app = Flask(__name__)


def prepare(target: str) -> None:
    """Make the tables."""
    if "=" in target:
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute(f"create table bare ({COLUMNS} jsonb)")
            connection.execute(f"create table bare_indexed (id bigserial primary key, {COLUMNS} jsonb)")
            connection.execute("create index on bare_indexed (user_id, name)")
    else:
        link = sqlite3.connect(target, isolation_level=None)
        link.execute("pragma journal_mode=wal")  # stays with the file; to change it needs it alone
        link.execute(f"create table bare ({COLUMNS} text)")
        link.close()


def connection() -> Any:
    """One connection a thread."""
    if not hasattr(local, "connection"):
        if "=" in TARGET:
            local.connection = psycopg.connect(TARGET, autocommit=True)
        else:
            local.connection = sqlite3.connect(TARGET, isolation_level=None, timeout=5)
            local.connection.execute("pragma synchronous=full")
    return local.connection


@app.post("/v1/batch")
def batch() -> dict[str, int]:
    """Insert and count."""
    events = request.get_json()["batch"]
    rows = [
        (
            each["context"]["groupId"],
            each["userId"],
            each["messageId"],
            each["event"],
            each["timestamp"],
            json.dumps(each),
        )
        for each in events
    ]
    if "=" in TARGET and WAY == "insert":
        connection().execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
    elif "=" in TARGET:
        with connection().cursor().copy(COPY) as copy:  # the fastest way that psycopg documents
            for row in rows:
                copy.write_row(row)
    else:
        link = connection()
        link.execute("begin immediate")
        link.executemany(INTO_SQLITE, rows)
        link.execute("commit")
    return {"accepted": len(rows)}
