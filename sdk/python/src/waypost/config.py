"""The options of a client: one frozen value, checked once when the client is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from waypost.errors import ConfigError

DEFAULT_HOST = "http://127.0.0.1:7400"
QUEUE_SIZE = 10_000
BATCH_SIZE = 500
BATCH_BYTES = 475_000  # the server reads at most 512 KB; the envelope needs a little
EVENT_BYTES = 32_000  # the server refuses an event over 32 KB
GZIP_OVER_BYTES = 1024
LINGER_SECONDS = 0.01  # how long the first event waits for company; also what kill -9 can cost
REQUEST_SECONDS = 10.0
RETRY_BASE_SECONDS = 0.5
RETRY_CAP_SECONDS = 30.0
EXIT_SECONDS = 5.0


def roll() -> float:
    """A number from 0 to 1. `random` is loaded by the first retry: importing it costs as much as all of us."""
    from random import random

    return random()


DropHook = Callable[[str, int], object]

_HOST = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")


class Options(NamedTuple):
    """Everything a client was told. Sizes in events or bytes, times in seconds."""

    key: str
    host: str = DEFAULT_HOST
    queue_size: int = QUEUE_SIZE
    batch_size: int = BATCH_SIZE
    batch_bytes: int = BATCH_BYTES
    linger_seconds: float = LINGER_SECONDS
    gzip: bool = True
    request_timeout: float = REQUEST_SECONDS
    retry_base_seconds: float = RETRY_BASE_SECONDS
    retry_cap_seconds: float = RETRY_CAP_SECONDS
    exit_timeout: float = EXIT_SECONDS
    on_drop: DropHook | None = None
    dice: Callable[[], float] = roll


def checked(options: Options) -> Options:
    """Return the options, or raise `ConfigError` for the first one that can never work."""
    if not isinstance(options.key, str) or not re.fullmatch(r"[\x21-\x7e]+", options.key):
        raise ConfigError("key must be the workspace's key, for example wp_sk_…; see Settings, Keys.")
    if not isinstance(options.host, str) or not _HOST.fullmatch(options.host):
        raise ConfigError(f"host must look like https://waypost.example, not {options.host!r}.")
    if not 1 <= options.batch_size <= BATCH_SIZE:
        raise ConfigError(f"batch_size must be 1 to {BATCH_SIZE}, not {options.batch_size}.")
    if not 1_000 <= options.batch_bytes <= BATCH_BYTES:
        raise ConfigError(f"batch_bytes must be 1000 to {BATCH_BYTES}, not {options.batch_bytes}.")
    if options.queue_size < 1:
        raise ConfigError(f"queue_size must be at least 1, not {options.queue_size}.")
    _check_times(options)
    return options


def _check_times(options: Options) -> None:
    for name in ("request_timeout", "retry_base_seconds", "retry_cap_seconds"):
        if not getattr(options, name) > 0:
            raise ConfigError(f"{name} must be more than 0 seconds, not {getattr(options, name)}.")
    for name in ("linger_seconds", "exit_timeout"):
        if not getattr(options, name) >= 0:
            raise ConfigError(f"{name} must be 0 seconds or more, not {getattr(options, name)}.")
