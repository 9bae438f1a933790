"""What somebody who reads the database can do with it: no secret that can be kept as a hash is readable."""

from __future__ import annotations

import re

from sqlalchemy import MetaData

from tests.console.conftest import ORIGIN, Console
from waypost_server.services.addresses import unsubscribe_url
from waypost_server.services.calendar_feed import make_address
from waypost_server.services.console_login import make_login_link
from waypost_server.services.console_password import set_password
from waypost_server.services.keys import create_key
from waypost_server.services.unsubscribe import unsubscribe

WORKSPACE, PASSWORD, ADDRESS = "acme-prod", "a password that is nowhere", "nobody.else@reader.example"


def everything(console: Console) -> str:
    """Every value of every table, as text."""
    tables = MetaData()
    with console.runtime.db.engine.connect() as connection:
        tables.reflect(connection)
        rows = [row for table in tables.sorted_tables for row in connection.execute(table.select())]
    assert len(rows) > 500
    return "\n".join(str(tuple(row)) for row in rows)


def test_secrets_are_nowhere_in_the_database(console: Console) -> None:
    """Neither passwords nor sessions, links, keys, calendars, addresses and who tried to log in."""
    runtime, admin = console.runtime, console.people["admin"]
    set_password(runtime, WORKSPACE, admin, PASSWORD, actor="cli")
    browser = console.browser()
    browser.get("/console/login")
    form = {"email": "nobody@guessing.example", "password": "a guess at random", "workspace": WORKSPACE}
    assert browser.post("/console/login", form).status_code == 401
    right = {**form, "email": "marta@acme.example", "password": PASSWORD}
    assert browser.post("/console/login", right).status_code == 302
    unsubscribe(runtime, unsubscribe_url(runtime, WORKSPACE, ADDRESS).rpartition("/")[2])
    found = [
        browser.client.get_cookie(f"waypost_{name}", domain="127.0.0.1") for name in ("session", "browser")
    ]
    cookies = [each.value for each in found]
    secret = [
        PASSWORD, *cookies, form["email"], form["password"], ADDRESS,
        make_login_link(runtime, WORKSPACE, admin).removeprefix(f"{ORIGIN}/console/login/link/"),
        re.split(r"[/.]", make_address(runtime, WORKSPACE, admin))[-2],
        create_key(runtime, WORKSPACE, kind="secret", name="new", actor=admin).text[15:],
    ]  # fmt: skip
    stored = everything(console)
    assert [each for each in secret if each in stored] == []
    assert "$argon2id$" in stored
