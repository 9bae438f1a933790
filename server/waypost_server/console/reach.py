"""How many people the condition of the editor reaches."""

from __future__ import annotations

from waypost_server.console.access import login, runtime
from waypost_server.console.builder import Builder, with_groups
from waypost_server.console.editor import Checked
from waypost_server.console.page_fields import PageFields
from waypost_server.domain.conditions import ConditionError
from waypost_server.domain.errors import BadInputError
from waypost_server.services.audience import Estimate, condition_of, estimate, unknown_facts
from waypost_server.services.draft import Draft
from waypost_server.services.releases import LiveRelease


def found(
    draft: Draft, checked: Checked, builder: Builder, on_page: PageFields, *, seconds: float
) -> Estimate | None:
    """Whom it reaches now, on the page or on some page, exactly if that takes up to `seconds`; None when the
    condition cannot be read."""
    if builder.place is None or builder.problem:
        return None
    release = LiveRelease(draft.live, checked.loaded.definitions)
    try:
        stated = with_groups(builder.place.condition, release.definitions)
        condition = condition_of(release, stated, None)
        return estimate(
            runtime(), login().workspace_id, release, condition, page=on_page.page, seconds=seconds
        )
    except (BadInputError, ConditionError):
        return None


def asks_for_page(checked: Checked, builder: Builder) -> bool:
    """Whether the condition reads facts that only a browser knows."""
    if builder.place is None:
        return False
    try:
        return bool(unknown_facts(with_groups(builder.place.condition, checked.loaded.definitions), None))
    except ConditionError:
        return False
