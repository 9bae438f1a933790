"""Behind proxies: whose word is taken for where a request comes from."""

from __future__ import annotations

import pytest
from flask import Flask, request

from tests.apps import SECRET
from waypost_server.app import create_app
from waypost_server.config import Settings
from waypost_server.domain.errors import BadInputError

FORWARDED = {
    "X-Forwarded-For": "6.6.6.6, 203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example, waypost.example",
}


@pytest.fixture(scope="module")
def seen() -> dict[int, Flask]:
    """The app as installed behind none and behind one; a page more says what it sees of a request."""
    apps = {}
    for proxies in (0, 1):
        app = create_app(Settings(database_url="sqlite:///nowhere.db", secret=SECRET, proxies=proxies))
        app.add_url_rule("/seen", "seen", lambda: [request.remote_addr, request.host_url])
        apps[proxies] = app
    return apps


def test_without_the_setting_nobody_is_believed(seen: dict[int, Flask]) -> None:
    """Anybody can write these headers, so by default they are nothing."""
    answer = seen[0].test_client().get("/seen", headers=FORWARDED)
    assert answer.json == ["127.0.0.1", "http://localhost/"]


def test_a_proxy_is_believed_and_nobody_before_it(seen: dict[int, Flask]) -> None:
    """With one proxy the last word of each header counts: the client's own words stand before it."""
    answer = seen[1].test_client().get("/seen", headers=FORWARDED)
    assert answer.json == ["203.0.113.9", "https://waypost.example/"]


def test_without_the_headers_a_proxy_changes_nothing(seen: dict[int, Flask]) -> None:
    """A health check comes without them."""
    assert seen[1].test_client().get("/seen").json == ["127.0.0.1", "http://localhost/"]


@pytest.mark.parametrize(("given", "hops"), [(None, 0), ("", 0), ("0", 0), ("2", 2)])
def test_the_setting_is_a_number(given: str | None, hops: int) -> None:
    """Nothing and zero are none."""
    environ = {"WAYPOST_DATABASE_URL": "sqlite:///x.db", "WAYPOST_SECRET": SECRET}
    settings = Settings.from_env(environ if given is None else {**environ, "WAYPOST_PROXIES": given})
    assert settings.proxies == hops


@pytest.mark.parametrize("given", ["-1", "yes", "10.0.0.1", "²"])
def test_anything_else_is_refused(given: str) -> None:
    """Less than none would take the client's own word."""
    with pytest.raises(BadInputError, match="WAYPOST_PROXIES must be how many proxies"):
        Settings.from_env(
            {"WAYPOST_DATABASE_URL": "sqlite:///x.db", "WAYPOST_SECRET": SECRET, "WAYPOST_PROXIES": given}
        )
