"""The console in a real browser: policy, accessibility, reflow, keyboard, working without script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page
from werkzeug.serving import make_server

from tests.builders import Clock
from tests.console.conftest import Console, make_console
from tests.console.seed import files, seed
from waypost_server.services.console_login import make_login_link
from waypost_server.services.publish import publish

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/queue",
    "/tasks/t2",
    "/tasks/t4/draft",
    "/nudges",
    "/nudges/automation-halfway",
    "/nudges/automation-halfway/funnel",
    "/plays",
    "/plays/usage-drop",
    "/runs/r2",
    "/workshops",
    "/workshops/automation-basics",
    "/workshop-slots/w2",
    "/workshop-slots/w3",
    "/drafts",
    "/drafts/marta@acme.example",
    "/drafts/marta@acme.example/publish",
    "/drafts/marta@acme.example/discard",
    "/drafts/marta@acme.example/files/in-app~2Fautomation-halfway.yaml",
    "/drafts/spring/files/policy.yaml/conflict",
    "/drafts/marta@acme.example/files/templates~2Fusage-drop-tips.md",
    "/deliveries",
    "/approvals",
    "/deliveries/d01",
    "/explain",
    "/explain?user=tidewater-0&nudge=automation-halfway",
    "/accounts",
    "/accounts/northwind",
    "/adoption",
    "/users/fern-0",
    "/me",
    "/settings",
    "/settings/keys",
    "/settings/people",
    "/settings/endpoints",
    "/settings/releases",
    "/settings/releases/1",
    "/settings/releases/2",
    "/settings/releases/1/to/2?by=line",
    "/settings/releases/1/roll-back",
    "/nudges/automation-halfway/audience",
    "/nudges/automation-halfway/preview?lang=de",
    "/settings/quarantine",
    "/missing",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[Console, str]]:
    """The seeded console behind a real HTTP server, and its origin."""
    path = tmp_path_factory.mktemp("console") / "waypost.db"
    path.write_bytes(sqlite_template.read_bytes())
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    origin = f"http://127.0.0.1:{server.server_port}"
    console = make_console(f"sqlite:///{path}", Clock(), origin)
    console.people = seed(console.runtime)
    later = {**files(), "policy.yaml": files()["policy.yaml"].replace("max: 4", "max: 5")}
    publish(console.runtime, "acme-prod", later, author="arif@acme.example")
    server.app = console.app
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield console, origin
    server.shutdown()
    server.server_close()
    console.runtime.db.engine.dispose()


def enter(chromium: Browser, site: tuple[Console, str], role: str = "csm", **options) -> Page:
    """A page of somebody who logged in by link."""
    console, _origin = site
    page = chromium.new_context(**options).new_page()
    page.goto(make_login_link(console.runtime, "acme-prod", console.people[role]))
    page.click("text=Log in")
    page.wait_for_url("**/console/")
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_is_accessible_and_breaks_no_policy(
    chromium: Browser, site: tuple[Console, str], scheme: str, width: int
) -> None:
    """axe finds nothing, the policy blocks nothing, and nothing is wider than the window."""
    page = enter(chromium, site, "admin", color_scheme=scheme, viewport={"width": width, "height": 900})
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or message.type == "error":
            said.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    found = {}
    for path in PAGES:
        page.goto(f"{site[1]}/console{path}")
        violations = [each["id"] for each in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if violations or wide:
            found[path] = (violations, wide)
    page.context.close()
    assert found == {}
    assert [line for line in said if "404 (NOT FOUND)" not in line] == []


def test_pages_reflow_at_320_pixels(chromium: Browser, site: tuple[Console, str]) -> None:
    """At 320 px (400 % zoom) no page scrolls sideways."""
    page = enter(chromium, site, "admin", viewport={"width": 320, "height": 700})
    wide = []
    for path in PAGES:
        page.goto(f"{site[1]}/console{path}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    page.context.close()
    assert wide == []


def test_the_queue_is_worked_by_keyboard(chromium: Browser, site: tuple[Console, str]) -> None:
    """j moves on and swaps the detail in place, s opens Snooze, and the focus is where the hands are."""
    page = enter(chromium, site, viewport={"width": 1440, "height": 900})
    page.goto(f"{site[1]}/console/queue")
    assert page.locator(".detail h2").inner_text() == "Northwind Freight"
    page.keyboard.press("j")
    page.locator(".detail h2", has_text="Brightline Rail").wait_for()
    assert "task=t3" in page.url
    page.keyboard.press("k")
    page.locator(".detail h2", has_text="Northwind Freight").wait_for()
    page.keyboard.press("s")
    page.locator("details[data-key=s][open]").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "1 day"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.context.close()


def test_the_queue_works_without_script(chromium: Browser, site: tuple[Console, str]) -> None:
    """Choosing, closing and reopening a task need no JavaScript."""
    page = enter(chromium, site, java_script_enabled=False, viewport={"width": 1440, "height": 900})
    page.goto(f"{site[1]}/console/queue")
    page.click("text=Halden Energy")
    assert page.locator(".detail h2").inner_text() == "Halden Energy"
    page.click("summary:has-text('Dismiss…')")
    page.click("form button:has-text('Dismiss')")
    assert "Dismissed." in page.locator("[role=status]").inner_text()
    page.goto(f"{site[1]}/console/tasks/t2")
    page.click("text=Reopen")
    assert "Reopened." in page.locator("[role=status]").inner_text()
    page.context.close()


def test_the_audience_is_counted_in_place_when_asked_for(
    chromium: Browser, site: tuple[Console, str]
) -> None:
    """The link of a nudge's page becomes the numbers, and the focus goes with them."""
    page = enter(chromium, site, viewport={"width": 1440, "height": 900})
    page.goto(f"{site[1]}/console/nudges/automation-halfway")
    page.click("a[data-load]")
    page.locator("#audience table").wait_for()
    assert page.evaluate("document.activeElement.id") == "audience"
    assert page.url.endswith("/nudges/automation-halfway")
    page.context.close()


@pytest.mark.parametrize(
    ("key", "waits_for"),
    [
        ("automation-halfway", ".tooltip h2"),
        ("automation-tour", ".tour .pri"),
        ("team-checklist", ".ring"),
        ("recommend-survey", "[data-waypost-nudge] fieldset"),
        ("template-hotspot", ".dot"),
        ("integration-slideout", "[data-waypost-nudge] .card"),
        ("schedule-news", ".feed article"),
    ],
)
def test_every_surface_is_painted_as_in_the_product(
    chromium: Browser, site: tuple[Console, str], key: str, waits_for: str
) -> None:
    """The SDK itself paints it in the frame, without breaking the policy and without asking for anything."""
    page = enter(chromium, site, viewport={"width": 1200, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url) if request.method != "GET" else None)
    page.goto(f"{site[1]}/console/nudges/{key}/preview?scheme=dark")
    page.frame_locator("iframe.staged").locator(waits_for).first.wait_for()
    page.context.close()
    assert said == asked == []
