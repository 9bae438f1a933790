"""The last so many things, by key: what was kept the longest ago goes first. Safe between threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A memory of at most `most` things. `get` gives what was kept under a key, or None; being asked for keeps nothing
    longer."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()
        self.get: Callable[[Key], Value | None] = (
            self._kept.get
        )  # a decision asks many times: no call in between

    def keep(self, key: Key, value: Value) -> None:
        """Keep it as the newest, and forget the oldest where there is no room."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)
