"""axe-core over every surface: light, dark, right to left, narrow, forced colours, no motion."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.sdk import offers
from tests.browser.sdk.conftest import ROOT, start
from tests.browser.sdk.stub import Stub, nudge
from tests.browser.sdk.test_sdk import clean

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RTL = {"dir": "rtl", "lang": "he"}
# Options of init, changes of the content, width of the window, forced colours.
LOOKS: list[tuple[dict[str, Any], dict[str, Any], int, bool]] = [
    ({}, {}, 1000, False),
    ({"theme": {"scheme": "dark"}}, {}, 1000, False),
    ({"theme": {"accent": "#ffd400", "radius": "4px"}}, RTL, 320, True),
    # A window of 1000 px at 200 % is one of 500.
    ({"theme": {"radius": "0"}}, {"lang": "de"}, 500, False),
]
SURFACES = ["tooltip", "banner", "modal", "slideout", "hotspot", "tour", "checklist", "survey", "feed"]


def axe_source() -> str:
    """The checker, from the npm package."""
    for folder in (ROOT, ROOT / "sdk" / "js"):
        path = folder / "node_modules" / "axe-core" / "axe.min.js"
        if path.exists():
            return path.read_text()
    raise AssertionError("axe-core is not installed: npm ci")


def offer(stub: Stub, surface: str, content: dict[str, Any]) -> None:
    """Let decide answer with this surface and nothing else."""
    if surface == "feed":
        stub.feed = offers.feed()
        return
    make = getattr(offers, surface, None)
    made = make(content=content) if make else nudge("one", surface, content=content)
    stub.nudges = [{**made, "key": f"{surface}-{len(stub.claims)}"}]


def opened(page: Page, surface: str) -> str:
    """Open what has to be opened and unfold what can be unfolded; the result selects it."""
    if surface == "feed":
        page.locator(".badge").wait_for()
        page.locator("#news").click()
        return ".feed"
    if surface in ("hotspot", "checklist"):
        page.locator(".dot, .launch").click()
    card = ".panel" if surface == "checklist" else ".card"
    page.locator(card).wait_for()
    if surface == "survey":
        page.locator(".pri").click()
        page.locator(".stars label").nth(2).click()
    page.locator(".txt").click()
    return card


@pytest.mark.parametrize("surface", SURFACES)
def test_axe_finds_nothing(surface: str, context: BrowserContext, stub: Stub) -> None:
    """No violation, no target under 24 px, nothing out of the window, no motion when none is wanted."""
    axe = axe_source()
    for options, content, width, forced in LOOKS:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(reduced_motion="reduce", forced_colors="active" if forced else "none")
        page.goto(stub.url + "/automations/7")
        offer(stub, surface, content)
        start(page, options)
        if surface == "modal":
            # A modal keeps away for the first three seconds of a page: let them pass twenty times as fast.
            page.evaluate(
                "() => { const now = Date.now, at = now(); Date.now = () => at + 20 * (now() - at) }"
            )
        card = opened(page, surface)
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == [], (options, found)
        boxes = page.locator(f"{card} button, {card} .foot a, {card} label:has([type=radio])").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).map(r => [r.left, r.right, r.width, r.height])"
        )
        assert all(wide >= 24 and high >= 24 for _, _, wide, high in boxes)
        assert all(left >= 0 and right <= width for left, right, _, _ in boxes)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(card).evaluate("e => getComputedStyle(e).animationName") == "none"
        clean(page)
        page.close()
