"""The report of a rehearsal in a real browser: accessible, and no wider than a phone, in both schemes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from waypost_server.cli import rehearsal_html
from waypost_server.services.rehearsal_figures import Day, NudgeFigures, Often, Rehearsal
from waypost_server.services.rehearse import ASSUMPTIONS

pytestmark = pytest.mark.browser
FIRST = date(2026, 10, 26)
FOUND = Rehearsal(
    first=FIRST,
    last=FIRST + timedelta(days=29),
    share=0.25,
    about=0.031,
    events=48_120,
    visits=11_940,
    people=3_120,
    accounts=402,
    days=tuple(Day(FIRST + timedelta(days=n), 40 + 7 * (n % 5), 12 + n % 3, n % 4) for n in range(30)),
    nudges=(
        NudgeFigures(
            "automation-halfway",
            "Halfway to the first automation",
            812,
            640,
            {"audience": 9_001, "budget": 311},
        ),
        NudgeFigures("a-key-without-a-single-place-to-break_" * 2, "Long", 0, 0, {"not_on_this_page": 4}),
    ),
    sent={"usage-drop: usage-drop-tips": 44, "automation-celebrate: automation-live": 12},
    sent_to_strategic=0,
    unsent=(("pending", "Over 2 per person in 7 days: waits until the end of the rehearsal", 3),),
    caps={"2 per person in 7 days": 311},
    runs=(("usage-drop", "long_tail", 30), ("usage-drop", "strategic", 4)),
    signals=(("usage_decay", "run", 34), ("milestone_overdue", "none", 5)),
    tasks={f"Person {n}": {FIRST + timedelta(weeks=w): n + w for w in range(5)} for n in range(4)},
    often=(Often("user-with-quite-a-long-id@a-long-domain.example", FIRST, 4),),
    often_people=1,
    assumptions=ASSUMPTIONS,
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_report_is_accessible_and_fits(
    chromium: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    """axe finds nothing, nothing is wider than the window, and the file asks for nothing else."""
    file = tmp_path / "rehearsal.html"
    file.write_text(rehearsal_html.page(FOUND, "nudges"), encoding="utf-8")
    page = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()  # type: ignore[arg-type]  # a word of two
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert asked == [file.as_uri()]
    page.context.close()
