"""G1-G3: however an address is written, wherever its name leads or it redirects: only the public is called."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE
from tests.faults.sinks import hook_sink
from tests.outbound.hook_rig import hook_rig, queue
from tests.services.play_rig import PlayRig
from waypost_server.channels.egress import Egress, EgressError
from waypost_server.channels.outcome import Blocked
from waypost_server.channels.webhook import WebhookPoster
from waypost_server.services.fsck import check as fsck
from waypost_server.services.try_endpoint import try_endpoint
from waypost_server.store import backlog
from waypost_server.store.database import Database
from waypost_server.store.tables import Attempt, Delivery

# 127.0.0.1 and the unspecified address, as resolvers and browsers read them
HERE = """
127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.1 0 0.0.0.0 2130706433 0x7f000001 0x7f.1 0177.0.0.1
017700000001 0x7f.0x0.0x0.0x1 00000177.0.0.1 127.0.0.1. localhost localhost. LOCALHOST １２７.0.0.1
①②⑦.⓪.⓪.① 127。0。0。1 [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1]
[::1%25lo] [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2001:0:7f00:1::]
"""
# the network of the machine, its neighbours, and the cloud's own
NEAR = """
10.0.0.1 10.1 172.16.0.1 172.31.255.255 192.168.0.1 192.168.1 169.254.169.254 169.254.170.2
2852039166 [fd00:ec2::254] [::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe] 100.64.0.1 100.100.100.200
192.0.0.192 [fe80::1] [fc00::1] [fec0::1] [2002:0a00:0001::]
"""
# nobody's: documentation, benchmarks, multicast, broadcast, reserved
NOBODYS = """
192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
[ff02::1] [2001:db8::1] [3fff::1] [5f00::1]
"""
INWARD = (HERE + NEAR + NOBODYS).split()
OUTWARD = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "[2606:4700:4700::1111]", "[2a00:1450:4001:80e::200e]"]
Answer = tuple[str, ...]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses to which a connection was begun; none is made."""
    seen: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        seen.append(address[0])
        raise ConnectionRefusedError("nobody is there in this test")

    monkeypatch.setattr(socket, "create_connection", connect)
    return seen


def test_there_are_fifty_spellings_and_more() -> None:
    """The catalogue is not thinned out by accident."""
    assert len(set(INWARD)) > 60


@pytest.mark.parametrize("host", INWARD)
def test_no_spelling_of_an_inward_address_is_called(host: str, called: list[str]) -> None:
    """G1: numbers, octal, hexadecimal, short forms, other scripts' digits, embedded and reserved addresses."""
    with pytest.raises(EgressError) as refused:
        Egress().post(f"https://{host}/", b"{}", {})
    assert called == []
    assert refused.value.forbidden or "resolved" in str(refused.value)


@pytest.mark.parametrize("host", OUTWARD)
def test_public_addresses_are_called(host: str, called: list[str]) -> None:
    """G1: so that the test above means something."""
    with pytest.raises(EgressError, match="nobody is there"):
        Egress().post(f"https://{host}/", b"{}", {})
    assert called == [host.strip("[]")]


def _dns(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> list[str]:
    """A name server that gives one answer after the other; the names it was asked for."""
    asked: list[str] = []

    def look(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        addresses = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def test_a_name_that_turns_inward_after_the_check_is_called_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    """G2: one look-up a call, and the connection goes to its answer."""
    asked = _dns(monkeypatch, ("93.184.216.34",), ("127.0.0.1",))
    with pytest.raises(EgressError, match="nobody is there"):
        Egress().post("https://flips.example/", b"{}", {})
    assert (asked, called) == (["flips.example"], ["93.184.216.34"])


def test_every_call_asks_again(monkeypatch: pytest.MonkeyPatch, called: list[str]) -> None:
    """G2, a time to live of zero: the second call sees that the name leads inward now, and is refused."""
    _dns(monkeypatch, ("93.184.216.34",), ("127.0.0.1",))
    for wanted in (False, True):
        with pytest.raises(EgressError) as raised:
            Egress().post("https://flips.example/", b"{}", {})
        assert raised.value.forbidden is wanted
    assert called == ["93.184.216.34"]


@pytest.mark.parametrize(
    "answer",
    [
        ("93.184.216.34", "127.0.0.1"),
        ("93.184.216.34", "::1"),
        ("2606:4700:4700::1111", "::ffff:10.0.0.1"),
        ("169.254.169.254",),  # what a CNAME to the inside looks like from here
        ("fe80::1%eth0",),
    ],
)
def test_a_name_with_one_inward_address_is_refused_whole(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    """G2: mixed A and AAAA, and an alias inward."""
    _dns(monkeypatch, answer)
    with pytest.raises(EgressError, match="not public") as refused:
        Egress().post("https://mixed.example/", b"{}", {})
    assert refused.value.forbidden and called == []


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "https://8.8.8.8:22/",
        "https://8.8.8.8:25/",
        "https://8.8.8.8:6379/",
        "https://8.8.8.8:80/",
        "https://user@8.8.8.8/",
        "https://user:password@8.8.8.8/",
        "https://8.8.8.8@127.0.0.1/",
        "https://8.8.8.8\\@127.0.0.1/",
        "https://8.8.8.8/ HTTP/1.1\r\nHost: inside",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "gopher://8.8.8.8:6379/_FLUSHALL",
    ],
)
def test_schemes_ports_and_logins(url: str, called: list[str]) -> None:
    """G3: https on 443 and 8443, without a login and without tricks."""
    with pytest.raises(EgressError) as refused:
        Egress().post(url, b"{}", {})
    assert refused.value.forbidden and called == []


def test_redirects_proxies_and_netrc_are_not_followed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """G3: the metadata address is not asked for, and no login of this machine leaves it."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password s3cret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://ada:s3cret@127.0.0.1:1")
    with hook_sink() as (sink, url):
        sink.status, sink.headers = 302, {"Location": "http://169.254.169.254/latest/meta-data/"}
        asked = _watched(monkeypatch)
        reply = Egress(allow_loopback=True).post(url, b"{}", {})
    (post,) = sink.posts
    assert reply.status == 302 and asked() == ["127.0.0.1"]
    assert {"authorization", "proxy-authorization", "cookie"} & set(post[0]) == set()
    assert "s3cret" not in str(post)


def _watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    real, seen = socket.create_connection, []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        seen.append(address[0])
        return real(address, timeout)

    monkeypatch.setattr(socket, "create_connection", connect)
    return lambda: seen


def test_blocked_calls_are_counted(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    """G2: a name that turns inward between two calls adds one, and so does a test of it from the settings."""
    _dns(monkeypatch, ("93.184.216.34",), ("127.0.0.1",))
    rig = hook_rig(database, tmp_path, good="https://flips.example/")
    rig.runtime = dataclasses.replace(rig.runtime, poster=WebhookPoster(Egress()))
    queue(rig, "good", 1)
    assert _blocked(rig) == 0
    rig.drain()
    assert (called, _blocked(rig)) == (["93.184.216.34"], 0), "the first look-up was fine"
    rig.clock.move(minutes=30)
    rig.drain()
    assert (called, _blocked(rig)) == (["93.184.216.34"], 1)
    (delivery,) = rig.rows(Delivery)
    assert delivery.state == "failed" and "not public" in delivery.reason
    assert [row.outcome for row in sorted(rig.rows(Attempt), key=lambda row: row.n)] == ["later", "blocked"]
    assert isinstance(try_endpoint(rig.runtime, WORKSPACE, ("webhook", "good"), actor="robin"), Blocked)
    assert _blocked(rig) == 2 and fsck(rig.runtime) == []


def _blocked(rig: PlayRig) -> int:
    with rig.database.read() as session:
        return backlog.read(session, rig.clock.now).calls_blocked
