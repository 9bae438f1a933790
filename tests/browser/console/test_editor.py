"""The editor of definitions in a real browser, by keyboard, under the console's policy."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.console.test_console import enter, site  # noqa: F401 - the fixture
from tests.console.conftest import Console
from waypost_server.services.draft import open_draft

pytestmark = pytest.mark.browser
FILE = "in-app/automation-halfway.yaml"
ADDRESS = "/console/drafts/arif@acme.example/files/in-app~2Fautomation-halfway.yaml"

OTHERS = (
    "files/plays~2Fusage-drop.yaml",
    "files/adoption.yaml",
    "files/journey.yaml",
    "files/policy.yaml",
    "files/templates~2Fusage-drop-brief.md",
    "files/environments~2Fnew.yaml",
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_editor_of_every_kind_of_file_is_accessible(
    chromium: Browser,
    site: tuple[Console, str],  # noqa: F811
    scheme: str,
    width: int,
) -> None:
    """axe finds nothing, and nothing is wider than the window."""
    page = enter(chromium, site, "author", color_scheme=scheme, viewport={"width": width, "height": 900})
    for other in OTHERS:
        page.goto(f"{site[1]}/console/drafts/arif@acme.example/{other}")
        assert [each["id"] for each in Axe().run(page).response["violations"]] == [], other
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.context.close()


def test_a_text_that_is_too_large_is_told_before_it_is_saved(
    chromium: Browser,
    site: tuple[Console, str],  # noqa: F811
) -> None:
    """What was pasted by mistake is not called sound, and a smaller text is checked again."""
    page = enter(chromium, site, "author", viewport={"width": 1440, "height": 900})
    page.goto(site[1] + ADDRESS)
    text = page.locator("#text")
    right = text.input_value()
    text.evaluate(
        "field => { field.value = '# ' + 'x'.repeat(1500000); field.dispatchEvent(new Event('input')); }"
    )
    expect(page.locator("[data-saved]")).to_have_text("Too large to check or save: split the file")
    expect(page.get_by_text("Nothing to fix")).to_have_count(0)
    text.fill(right)
    expect(page.get_by_text("Nothing to fix")).to_be_visible()
    page.context.close()


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


def test_the_exact_number_takes_the_place_of_the_estimate(
    chromium: Browser,
    site: tuple[Console, str],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A press counts a sample at once; the page then fetches the count, and breaks no policy on the way."""
    monkeypatch.setattr("waypost_server.services.population.SAMPLE", 4)
    page = enter(chromium, site, "author", viewport={"width": 1440, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(site[1] + ADDRESS)
    with page.expect_response("**/count") as counted:
        page.get_by_role("button", name="Check", exact=True).click()
    assert counted.value.ok
    expect(page.locator("[data-reach]")).to_contain_text("match now")
    expect(page.locator("[data-reach]")).not_to_contain_text("sample")
    page.context.close()
    assert said == []


def test_what_starts_a_play_is_chosen_by_keyboard(
    chromium: Browser,
    site: tuple[Console, str],  # noqa: F811
) -> None:
    """The choice brings its own fields, the focus stays with the hands, and the text follows."""
    page = enter(chromium, site, "author", viewport={"width": 1440, "height": 900})
    page.goto(site[1] + ADDRESS.replace("in-app~2Fautomation-halfway", "plays~2Fusage-drop"))
    start = page.get_by_label("It starts when")
    start.focus()
    start.select_option("condition")
    expect(page.get_by_text("say what becomes true")).to_be_visible()
    expect(start).to_be_focused()
    page.get_by_label("Fact 1").fill("account.plan")
    page.keyboard.press("Tab")
    page.get_by_label("Value 1").fill("growth")
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_have_value(re.compile(r"on: \{condition: \{account\.plan: growth\}\}"))
    page.get_by_role("button", name="Add a condition").first.press("Enter")
    expect(page.get_by_label("Fact 2")).to_be_focused()
    start.select_option("signal:usage_decay")
    page.get_by_role("button", name="Ask for a severity").press("Enter")
    expect(page.get_by_label("Value 1")).to_be_focused()
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    page.context.close()
