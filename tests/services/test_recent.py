"""A memory that forgets the oldest first, whatever threads do to it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from waypost_server.services.recent import Recent


def test_the_oldest_goes_first() -> None:
    """What is kept anew counts as new; the rest keeps its turn."""
    recent = Recent[str, int](2)
    for number, key in enumerate(("a", "b", "a", "c")):
        recent.keep(key, number)
    assert [recent.get(key) for key in ("a", "b", "c")] == [2, None, 3] and len(recent) == 2
    recent.clear()
    assert recent.get("a") is None and len(recent) == 0


def test_many_threads_keep_no_more_than_there_is_room_for() -> None:
    """Each finds what it kept itself, or nothing; nothing breaks."""
    recent = Recent[tuple[int, int], int](50)

    def keep(thread: int) -> bool:
        for number in range(2_000):
            recent.keep((thread, number), number)
            assert recent.get((thread, number)) in (number, None)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(keep, range(8)))
    assert len(recent) == 50
