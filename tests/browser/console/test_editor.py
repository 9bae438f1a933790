"""The editor of definitions in a real browser, by keyboard, under the console's policy."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.console.test_console import enter, site  # noqa: F401 - the fixture
from tests.console.conftest import Console
from waypost_server.services.draft import open_draft

pytestmark = pytest.mark.browser
FILE = "in-app/automation-halfway.yaml"
ADDRESS = "/console/drafts/arif@acme.example/files/in-app~2Fautomation-halfway.yaml"


def test_write_and_build_by_keyboard(chromium: Browser, site: tuple[Console, str]) -> None:  # noqa: F811
    """Findings follow the text and lead to their line; a row becomes a line of the text; Ctrl+S keeps it."""
    console, origin = site
    page = enter(chromium, site, "author", viewport={"width": 1440, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(origin + ADDRESS)
    text = page.locator("#text")
    right = text.input_value()
    text.fill(right.replace("priority: deepen", "priority: deeper"))
    finding = page.locator("[data-findings] a", has_text="Line 13")
    expect(finding).to_be_visible()
    assert page.locator(".gutter .error").inner_text() == "13"
    finding.click()
    assert page.evaluate(
        "getSelection().toString() || text.value.slice(text.selectionStart, text.selectionEnd)"
    ) == ("priority: deeper")
    text.fill(right)
    expect(page.locator(".gutter .error")).to_have_count(0)
    page.get_by_role("button", name="Add a condition").press("Enter")
    expect(page.get_by_label("Fact 5")).to_be_focused()
    page.keyboard.type("usage.report_export.days_28d")
    page.keyboard.press("Tab")
    expect(page.locator("#b-about-4", has_text="Days with a use by this person")).to_be_visible()
    page.get_by_label("Comparison 5").select_option("$gte")
    page.get_by_label("Value 5").fill("3")
    page.keyboard.press("Tab")
    expect(text).to_have_value(
        right.replace("$lt: 1}\n", "$lt: 1}\n  usage.report_export.days_28d: {$gte: 3}\n", 1)
    )
    expect(page.get_by_text("match now")).to_be_visible()
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved in the draft.")).to_be_visible()
    draft = open_draft(console.runtime, "acme-prod", "arif@acme.example")
    assert "usage.report_export.days_28d: {$gte: 3}" in (draft.text_of(FILE) or "")
    page.context.close()
    assert said == []


def test_the_editor_works_without_script(chromium: Browser, site: tuple[Console, str]) -> None:  # noqa: F811
    """Every press is a form: add a row, put it into the text, save."""
    page = enter(chromium, site, "author", java_script_enabled=False)
    page.goto(site[1] + ADDRESS.replace("automation-halfway", "report-schedule"))
    rows = page.locator("[name=b-path]").count()
    page.get_by_role("button", name="Add a condition").click()
    page.locator("[name=b-path]").nth(rows).fill("account.plan")
    page.locator("[name=b-value]").nth(rows).fill("growth")
    page.get_by_role("button", name="Put into the text").click()
    assert "account.plan: growth" in page.locator("#text").input_value()
    page.get_by_role("button", name="Save in the draft").click()
    assert page.get_by_text("Saved in the draft.").is_visible()
    page.context.close()
