"""A person who uses Acme Automations: in a real, headless browser if there is one.

Without Chromium (or without Playwright) the same person clicks through the product over plain HTTP, and asks
Waypost for nudges the way the page would; nothing is painted then, and the story says so.
"""

from __future__ import annotations

import http.cookiejar
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from waypost_server.demo.cast import Customer, Person

PAINT_MS = 15_000  # how long a nudge may take to appear before the story gives up


@dataclass(frozen=True, slots=True)
class Sight:
    """What the person saw: the words of a nudge, and whether a browser painted it."""

    title: str
    painted: bool


class Visitor(Protocol):
    """What the story asks of a person."""

    def sign_in(self) -> None: ...
    def begin_automation(self) -> None: ...
    def add_trigger(self) -> None: ...
    def see_nudge(self, screenshot: Path | None = None) -> Sight | None: ...
    def finish_automation(self) -> None: ...


def find_chromium() -> str | None:
    """The path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def visit(
    product: str, waypost: str, public_key: str, customer: Customer, person: Person
) -> Iterator[Visitor]:
    """A visitor who is `person`, for the length of the block."""
    chromium = find_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        yield _Clicker(product, waypost, public_key, customer, person)
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            page = browser.new_page(viewport={"width": 1100, "height": 720})
            page.set_default_timeout(PAINT_MS)
            yield _Browser(product, page, person)
        finally:
            browser.close()


@dataclass(slots=True)
class _Browser:
    product: str
    page: Any
    person: Person

    def sign_in(self) -> None:
        self.page.goto(self.product)
        self.page.click(f"text=Continue as {self.person.name.split()[0]}")

    def begin_automation(self) -> None:
        self.page.goto(f"{self.product}/automations/new")
        self.page.get_by_role("button", name="Create").click()

    def add_trigger(self) -> None:
        self.page.get_by_role("button", name="Add trigger").click()

    def see_nudge(self, screenshot: Path | None = None) -> Sight | None:
        from playwright.sync_api import TimeoutError as NotSeenError

        title = self.page.get_by_role("dialog").get_by_role("heading").first
        try:
            title.wait_for(state="visible", timeout=PAINT_MS)
        except NotSeenError:
            return None
        with self.page.expect_response(lambda answer: "/v1/b" in answer.url, timeout=PAINT_MS):
            pass  # after a second in view the page reports "shown"
        if screenshot:
            self.page.screenshot(path=str(screenshot))
        return Sight(title.inner_text(), painted=True)

    def finish_automation(self) -> None:
        self.page.keyboard.press("Escape")
        self.page.get_by_role("button", name="Add step").click()
        self.page.get_by_role("button", name="Launch").click()


@dataclass(slots=True)
class _Clicker:
    product: str
    waypost: str
    public_key: str
    customer: Customer
    person: Person
    opener: urllib.request.OpenerDirector | None = None
    automation: str = ""

    def sign_in(self) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self._post(f"/enter/{urllib.parse.quote(self.person.id)}", b"")

    def begin_automation(self) -> None:
        form = urllib.parse.urlencode({"name": "Follow up on new orders"}).encode()
        self.automation = urllib.parse.urlparse(self._post("/automations/new", form)).path

    def add_trigger(self) -> None:
        self._save("source", "A form is submitted", "Trigger Added")

    def see_nudge(self, screenshot: Path | None = None) -> Sight | None:
        who = {"userId": self.person.id, "accountId": self.customer.id}
        nudges = self._ask("decide", who)["nudges"]
        if not nudges:
            return None
        first = nudges[0]
        claim = {**who, "nudge": first["key"], "release": first["release"], "claimId": str(uuid.uuid4())}
        offer = self._ask("claim", claim)["offer"]
        self._track("$nudge", {"nudge": first["key"], "offer": offer, "reaction": "shown"})
        return Sight(first["content"]["title"], painted=False)

    def finish_automation(self) -> None:
        self._save("steps", "Send an e-mail", "Step Added")
        self._post(f"{self.automation}/launch", b"")

    def _save(self, kind: str, value: str, event: str) -> None:
        self._post(f"{self.automation}/{kind}", json.dumps({"value": value}).encode(), "application/json")
        self._track(event, {})

    def _track(self, event: str, properties: dict[str, Any]) -> None:
        body = {"type": "track", "messageId": str(uuid.uuid4()), "userId": self.person.id, "event": event,
                "properties": properties, "context": {"groupId": self.customer.id}}  # fmt: skip
        self._ask("batch", {"batch": [body]})

    def _ask(self, route: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.public_key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.waypost}/v1/{route}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def _post(self, path: str, data: bytes, kind: str = "application/x-www-form-urlencoded") -> str:
        assert self.opener is not None, "sign in first"
        request = urllib.request.Request(self.product + path, data, {"Content-Type": kind})
        with self.opener.open(request, timeout=10) as answer:
            return str(answer.geturl())
