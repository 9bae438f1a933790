"""Take up what dead workers held, row by row, before fresh work: it has waited for its lease already."""

from __future__ import annotations

from collections.abc import Callable

from waypost_server.services.advance_play import advance_due
from waypost_server.services.deliver import deliver_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.runtime import Runtime
from waypost_server.store import due

AT_MOST = 200  # rows of a kind and workspace, before other work has its turn


def take_up(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Evaluate, advance and send what was claimed before without an end; returns how many rows were claimed."""
    with runtime.db.read() as session:
        left = due.left_behind(session, runtime.clock())
    total = 0
    kinds: tuple[tuple[Callable[..., int], dict[str, int]], ...] = (
        (evaluate_due, left.accounts),
        (advance_due, left.runs),
        (deliver_due, left.deliveries),
    )
    for work, counts in kinds:
        for workspace_id, count in sorted(counts.items()):
            for _ in range(min(count, AT_MOST)):
                if stop():
                    return total
                total += work(runtime, workspace_id, limit=1)
    return total
