"""A nudge on its stage: what can be chosen, what the frame holds, and what may frame it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from tests.console.conftest import Browser, Console

PAGE = "/console/nudges/automation-halfway/preview"


def answer(browser: Browser, query: str = "", key: str = "automation-halfway") -> dict[str, Any]:
    """What the SDK is handed in the frame."""
    text = browser.get(f"/console/nudges/{key}/preview/stage{query}").text
    found = re.search(r'data-stage="([^"]*)"', text)
    assert found is not None
    stage: dict[str, Any] = json.loads(html.unescape(found[1]))
    return stage


def test_the_frame_holds_the_answer_of_a_decision(console: Console) -> None:
    """The nudge alone, at the stage's anchor, in the chosen language; news in the feed."""
    browser = console.logged_in("viewer")
    nudge = answer(browser)["answer"]["nudges"][0]
    assert nudge["where"] == {"anchor": "preview"} and nudge["content"]["lang"] == "en"
    chosen = answer(browser, "?lang=de&scheme=dark")
    assert (chosen["scheme"], chosen["answer"]["nudges"][0]["content"]["lang"]) == ("dark", "de")
    assert answer(browser, "?lang=xx&scheme=pink")["scheme"] == "light"
    news = answer(browser, key="schedule-news")["answer"]
    assert news["nudges"] == [] and news["feed"][0]["key"] == "schedule-news"
    steps = answer(browser, key="automation-tour")["answer"]["nudges"][0]["tour"]["steps"]
    assert all(step["where"] in ({}, {"anchor": "preview"}) for step in steps)


def test_only_our_own_page_may_frame_it(console: Console) -> None:
    """The page may hold a frame of ours, the stage may be held by us, and the stage talks to nobody."""
    browser = console.logged_in("viewer")
    assert "frame-src 'self'" in browser.get(PAGE).headers["Content-Security-Policy"]
    stage = browser.get(f"{PAGE}/stage")
    assert "frame-ancestors 'self'" in stage.headers["Content-Security-Policy"]
    assert "connect-src 'none'" in stage.headers["Content-Security-Policy"]
    assert stage.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert browser.get("/console/nudges/nothing/preview").status_code == 404
