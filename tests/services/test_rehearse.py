"""A rehearsal tells what a draft would have done, and leaves no trace."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.builders import WORKSPACE
from tests.services.month import NUDGES, Month
from tests.services.play_rig import FILES
from waypost_server.cli import rehearsal_html, rehearsal_text
from waypost_server.definitions.loader import load_files
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.errors import BadInputError
from waypost_server.services.rehearsal_figures import Rehearsal
from waypost_server.services.rehearse import ASSUMPTIONS, rehearse
from waypost_server.store.database import Base, Database
from waypost_server.store.sent_journal import SentJournal

UNLIMITED = """
caps:
  - {max: 50, per: 7d, scope: person}
quiet_hours: null
timezone: UTC
"""
PRAISE = """
key: praise
title: Reports are used
on: {condition: {account_usage.export.total: {$gte: 3}}}
goal: {feature: launch, within_days: 30}
long_tail:
  - email: {template: tips, to: {role: [admin, analyst], limit: 1}}
"""


def draft(**changes: str) -> Definitions:
    """The month's definitions with some files replaced."""
    return load_files({**FILES, **NUDGES, **changes}).definitions


def rows(database: Database) -> dict[str, Any]:
    """How many rows every table holds."""
    with database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }


def shown(found: Rehearsal) -> int:
    """Nudges shown, in all."""
    return sum(day.shown for day in found.days)


@pytest.mark.slow
def test_a_rehearsal_leaves_no_trace(database: Database, tmp_path: Path) -> None:
    """Played twice it says the same; nothing is stored or sent, caps hold, strategic accounts get tasks."""
    month = Month(database, tmp_path / "mail", seed=11)
    month.live(16)
    before, mails = rows(database), len(month.rig.mails())
    found = rehearse(month.rig.runtime, WORKSPACE, draft(), days=15)
    assert rehearse(month.rig.runtime, WORKSPACE, draft(), days=15) == found
    assert rows(database) == before and len(month.rig.mails()) == mails
    assert found.share == 1 and found.visits > 20 and len(found.days) == 15
    assert shown(found) == sum(each.shown for each in found.nudges) > 5
    assert found.often_people == 0 and "2 per person in 7 days" in found.caps
    assert found.sent_to_strategic == 0 and sum(found.sent.values()) == sum(day.sent for day in found.days)
    assert ("launch-overdue", "strategic", 1) in found.runs and sum(found.tasks["Robin"].values()) == 1
    each_visit = {each.key: each.shown + sum(each.held.values()) for each in found.nudges}
    assert set(each_visit.values()) == {found.visits}


@pytest.mark.slow
def test_what_left_in_production_holds_up_no_rehearsal(sqlite_url: str, tmp_path: Path) -> None:
    """Beside a journal of what was sent, or in a process that sends nothing, the same messages leave."""
    from waypost_server.store.database import open_engine

    engine = open_engine(sqlite_url)
    month = Month(Database(engine), tmp_path / "mail", seed=11)
    month.live(16)
    mails = draft(**{"plays/praise.yaml": PRAISE})
    free = rehearse(month.rig.runtime, WORKSPACE, mails, days=15)
    journal = SentJournal(tmp_path / "left")
    journal.note(7, month.rig.runtime.clock(), [(WORKSPACE, "message")])
    beside = replace(month.rig.runtime, sent=journal, sending=False)
    kept = journal.path.read_bytes()
    assert free.sent["praise: tips"] > 0 and rehearse(beside, WORKSPACE, mails, days=15) == free
    assert journal.path.read_bytes() == kept  # else production would take itself for restored
    engine.dispose()


@pytest.mark.slow
def test_the_draft_decides(sqlite_url: str, tmp_path: Path) -> None:
    """Looser caps touch people more often; a nudge that is gone is not counted; reports name both."""
    from waypost_server.store.database import open_engine

    engine = open_engine(sqlite_url)
    month = Month(Database(engine), tmp_path / "mail", seed=11)
    month.live(16)
    strict = rehearse(month.rig.runtime, WORKSPACE, draft(), days=15)
    loose = rehearse(month.rig.runtime, WORKSPACE, draft(**{"policy.yaml": UNLIMITED}), days=15)
    assert (
        shown(loose) > shown(strict) and loose.often_people > 0 and "2 per person in 7 days" not in loose.caps
    )
    text = "\n".join(rehearsal_text.lines(loose))
    assert f"{loose.visits:,} visits" in text and f"more than twice in a week: {loose.often_people}" in text
    hostile = draft(
        **{"in-app/late.yaml": NUDGES["in-app/late.yaml"].replace("Overdue", "<script>x</script>")}
    )
    sample = rehearse(month.rig.runtime, WORKSPACE, hostile, days=15, at_most=20)
    assert 0 < sample.share < 1 and sample.accounts == 4
    page = rehearsal_html.page(sample, "nudges")
    assert "<script" not in page and "&lt;script&gt;" in page and "A sample of" in page
    assert page.count("<svg") > 3 and _is_balanced(page)
    asks = NUDGES["in-app/late.yaml"].replace("audience: {", "audience: {page.path: /home, ")
    for page, said in (
        (None, "a nudge that asks for page.path"),
        ((("path", "/home"),), "on the page /home"),
    ):
        paged = rehearse(month.rig.runtime, WORKSPACE, draft(**{"in-app/late.yaml": asks}), days=1, page=page)
        assert said in paged.assumptions[-1]
    assert loose.assumptions == ASSUMPTIONS
    with pytest.raises(BadInputError, match="between 1 and 90"):
        rehearse(month.rig.runtime, WORKSPACE, draft(), days=0)
    engine.dispose()


def _is_balanced(page: str) -> bool:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.wrong: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in ("meta", "rect", "line", "circle", "polyline", "input", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("rect", "line", "circle", "polyline") and (
                not self.open or self.open.pop() != tag
            ):
                self.wrong.append(tag)

    balance = Balance()
    balance.feed(page)
    return not balance.open and not balance.wrong
