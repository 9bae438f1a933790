"""The console in a real browser: policy, accessibility, reflow, keyboard, working without script."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from sqlalchemy import update
from werkzeug.serving import make_server

from tests.browser.console import pages
from tests.builders import WORKSPACE, Clock
from tests.console.conftest import Console, make_console
from tests.console.seed import files, seed
from waypost_server.services.console_login import make_login_link
from waypost_server.services.publish import publish
from waypost_server.store.tables import Account, BulkStart, EndUser, Task

pytestmark = pytest.mark.browser
PARTS = 4  # tests among which the pages are shared out, so that none takes long on a slow machine


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


def test_every_page_is_looked_at(site: tuple[Console, str]) -> None:
    """A page that is added to the console is added to the list, so that the tests below see it."""
    console, _origin = site
    routes = console.app.url_map.bind("localhost")
    seen = {routes.match(path.partition("?")[0])[0] for path in pages.inside(console)}
    there = {
        rule.endpoint
        for rule in console.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "GET" in (rule.methods or ())
    }
    assert there - seen - pages.PARTS - pages.STRANGERS == set()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_is_accessible_and_breaks_no_policy(
    chromium: Browser, site: tuple[Console, str], scheme: str, width: int, part: int
) -> None:
    """axe finds nothing, the policy blocks nothing, and nothing is wider than the window."""
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    page = enter(chromium, site, "admin", **look)
    stranger = chromium.new_context(**look).new_page()
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or message.type == "error":
            said.append(message.text)

    found = {}
    for who, paths in ((page, pages.inside(site[0])), (stranger, pages.outside(site[0]))):
        who.on("console", note)
        who.on("pageerror", lambda error: said.append(str(error)))
        for path in paths[part::PARTS]:
            who.goto(site[1] + path)
            violations = [each["id"] for each in Axe().run(who).response["violations"]]
            if violations or is_too_wide(who):
                found[path] = (violations, is_too_wide(who))
        who.context.close()
    assert found == {}
    assert [line for line in said if not re.search(r"status of (404|410)", line)] == []


def test_pages_reflow_at_320_pixels(chromium: Browser, site: tuple[Console, str]) -> None:
    """At 320 px (400 % zoom) no page scrolls sideways."""
    page = enter(chromium, site, "admin", viewport={"width": 320, "height": 700})
    wide = []
    for path in (*pages.inside(site[0]), *pages.outside(site[0])):
        page.goto(site[1] + path)
        if is_too_wide(page):
            wide.append(path)
    page.context.close()
    assert wide == []


def is_too_wide(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_the_progress_of_many_starts_is_followed(chromium: Browser, site: tuple[Console, str]) -> None:
    """The page brings itself up to date and says so; the focus stays, and without an answer a link remains."""
    console, origin = site
    page = enter(chromium, site, "author", viewport={"width": 1440, "height": 900})
    page.clock.install()
    page.goto(f"{origin}/console/bulk-starts/b1")
    refresh, news = page.get_by_role("link", name="Refresh"), page.locator("[data-news]")
    expect(page.get_by_role("heading", name="2,000 of 4,800 accounts looked at")).to_be_visible()
    expect(refresh).to_be_hidden()
    page.route("**/bulk-starts/b1", lambda route: route.abort())
    page.clock.run_for(3_000)
    expect(news).to_have_text("The numbers are not up to date: Waypost does not answer.")
    expect(refresh).to_be_visible()
    page.unroute("**/bulk-starts/b1")
    move(console, looked_at=4_000, started=800)
    page.get_by_role("button", name="Stop").focus()
    page.clock.run_for(3_000)
    expect(news).to_have_text("4,000 of 4,800 accounts looked at, 800 runs started")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    expect(refresh).to_be_hidden()
    move(console, state="done", looked_at=4_800, started=1_000, ended_at=console.clock())
    page.clock.run_for(3_000)
    expect(news).to_have_text("Done: 1,000 runs started")
    expect(page.get_by_role("heading", name="For many accounts")).to_be_focused()
    expect(page.locator(".head .tag")).to_have_text("Done")
    page.context.close()


def move(console: Console, **values: object) -> None:
    """What a worker writes down as it goes."""
    with console.runtime.db.write() as session:
        session.execute(update(BulkStart).where(BulkStart.id == "b1").values(**values))


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


@pytest.mark.parametrize("width", [390, 1440])
def test_long_names_widen_no_page(chromium: Browser, site: tuple[Console, str], width: int) -> None:
    """Eighty letters without a space wrap wherever an account, a person or a task is named."""
    page = enter(chromium, site, "admin", viewport={"width": width, "height": 900})
    named = ((Account, "northwind", "name"), (EndUser, "northwind-0", "name"), (Task, "t1", "title"))
    before = [rename(site[0], table, row, field, "W" * 80) for table, row, field in named]
    wide = []
    paths = (
        "",
        "queue?scope=team",
        "tasks/t1",
        "accounts",
        "accounts/northwind",
        "users/northwind-0",
        "runs/r1",
    )
    for path in (*paths, "explain?user=northwind-0"):
        page.goto(f"{site[1]}/console/{path}")
        if is_too_wide(page):
            wide.append(path)
    for (table, row, field), value in zip(named, before, strict=True):
        rename(site[0], table, row, field, value)
    page.context.close()
    assert wide == []


def rename(console: Console, table: type[Account | EndUser | Task], row: str, field: str, value: str) -> str:
    """Give a row another name; the one before."""
    with console.runtime.db.write() as session:
        found = session.get_one(table, (WORKSPACE, row))
        before = str(getattr(found, field))
        setattr(found, field, value)
    return before


def test_an_account_prints_without_what_paper_cannot_do(chromium: Browser, site: tuple[Console, str]) -> None:
    """On paper stand its name, its use and its people; no menu, no button, no form."""
    page = enter(chromium, site, viewport={"width": 700, "height": 900})
    page.goto(f"{site[1]}/console/accounts/northwind")
    page.emulate_media(media="print")
    for stays in ("Northwind Freight", "Features in use: 5 of 12", "Milestones"):
        expect(page.get_by_role("heading", name=stays)).to_be_visible()
    assert page.locator("button:visible, summary:visible, form:visible, nav:visible").count() == 0
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
