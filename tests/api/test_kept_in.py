"""What caches, other sites and other hosts get of us: nothing."""

from __future__ import annotations

import pytest

from tests.api.read_rig import ReadRig

EVIL = {"Host": "evil.example"}


@pytest.mark.parametrize("path", ["/console", "/console//login", "/v1//accounts", "/u//torn"])
def test_redirects_stay_on_the_host(world: ReadRig, path: str) -> None:
    """An address spelt differently leads to the proper one, never to a host that the request names."""
    answer = world.client.get(path, headers=EVIL)
    assert answer.status_code == 308 and "evil" not in answer.text
    assert answer.headers["Location"].startswith("/") and not answer.headers["Location"].startswith("//")


def test_what_a_key_reads_is_kept_nowhere(world: ReadRig) -> None:
    """Answers and refusals alike: no cache keeps them, and no browser takes them for a page."""
    for answer in (
        world.get("accounts"),
        world.get("users/nobody"),
        world.get("accounts", key="wp_sk_wrong"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_cookie_opens_no_route_of_the_api(world: ReadRig) -> None:
    """Without a key there is nothing, whatever cookies a browser adds; a secret key is refused in one."""
    world.client.set_cookie("waypost_session", "x" * 43)
    assert world.client.get("/v1/accounts").status_code == 401
    refused = world.get("accounts", Origin="https://evil.example")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "secret_key_in_browser")


@pytest.mark.parametrize("path", ["/u/torn", "/p/torn", "/w/torn", "/reader.css"])
def test_pages_of_readers_are_what_they_say(world: ReadRig, path: str) -> None:
    """Browsers guess no other type, and the pages stand in no frame and in no cache."""
    headers = world.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in headers
    if path != "/reader.css":
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
