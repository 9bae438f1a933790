"""The way out over HTTP, and webhooks over it."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from tests.faults.sinks import hook_sink
from waypost_server.channels.egress import Egress, EgressError, is_public
from waypost_server.channels.outcome import Later, Refused, Sent
from waypost_server.channels.webhook import Post, WebhookPoster

NOT_PUBLIC = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "fec0::1", "fe80::1", "fc00::1", "ff02::1",
    "5f00::1", "3fff::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_addresses_that_are_not_public(text: str) -> None:
    """Private, local, multicast, and everything that embeds another address."""
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_addresses_that_are_public(text: str) -> None:
    """Ordinary ones."""
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://１２７.0.0.1/",
        "http://8.8.8.8/",
        "https://8.8.8.8:22/",
        "https://user:pass@8.8.8.8/",
        "ftp://8.8.8.8/",
        "https:///x",
        "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nX: y",
        "https://[::1",
    ],
)
def test_urls_that_never_open_a_connection(url: str) -> None:
    """Refused for good, before a byte leaves."""
    with pytest.raises(EgressError) as raised:
        Egress().post(url, b"{}", {})
    assert raised.value.forbidden or "resolved" in str(raised.value)


def test_development_allows_this_machine_and_nothing_else_private() -> None:
    """Loopback over http, but no address of the local network."""
    with pytest.raises(EgressError):
        Egress(allow_loopback=True).post("http://10.0.0.1/", b"{}", {})


def _post(url: str, at: datetime | None = None) -> Post:
    at = at or datetime.now(UTC)
    return Post(
        delivery_id="d-1", url=url, secrets=("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=",), body='{"a":"ü"}', at=at
    )


def test_a_webhook_is_verified_by_the_reference_library() -> None:
    """Signed after Standard Webhooks, the id is the delivery's, on every attempt."""
    with hook_sink() as (sink, url):
        poster = WebhookPoster(Egress(allow_loopback=True))
        assert poster.post(_post(url)) == Sent("HTTP 200")
        assert poster.post(_post(url)) == Sent("HTTP 200")
    for headers, body in sink.posts:
        assert Webhook(_post(url).secrets[0]).verify(body, headers) == {"a": "ü"}
    assert [headers["webhook-id"] for headers, _ in sink.posts] == ["d-1", "d-1"]


@pytest.mark.parametrize(
    ("status", "headers", "wanted"),
    [
        (500, {}, Later("HTTP 500")),
        (301, {"Location": "http://127.0.0.1/"}, Later("HTTP 301")),
        (429, {"Retry-After": "120"}, Later("HTTP 429", 120)),
        (503, {"Retry-After": "soon"}, Later("HTTP 503")),
        (410, {}, Refused("HTTP 410: the endpoint asked not to be called again", gone=True)),
    ],
)
def test_webhook_answers(status: int, headers: dict[str, str], wanted: object) -> None:
    """A redirect is a failure like any other; 410 is for good; Retry-After is honoured as seconds."""
    with hook_sink() as (sink, url):
        sink.status, sink.headers = status, headers
        assert WebhookPoster(Egress(allow_loopback=True)).post(_post(url)) == wanted
    assert len(sink.posts) == 1
