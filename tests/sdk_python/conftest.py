"""A sink for every test that asks for one, and clients that are closed when their test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sdk_python.sink import Sink
from waypost import Waypost


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A local server that takes batches."""
    sink = Sink()
    yield sink
    sink.gate.set()
    sink.down()


@pytest.fixture
def connect(sink: Sink) -> Iterator[Callable[..., Waypost]]:
    """Make a client of the sink: quick retries, no luck in them."""
    made: list[Waypost] = []

    def make(**options: Any) -> Waypost:
        defaults: dict[str, Any] = {"retry_base_seconds": 0.02, "retry_cap_seconds": 0.2, "dice": lambda: 1.0}
        client = Waypost("wp_sk_test", sink.url, **{**defaults, **options})
        made.append(client)
        return client

    yield make
    sink.gate.set()
    for client in made:
        client.close(1.0)
