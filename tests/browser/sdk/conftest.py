"""A fresh browser context and a fresh stub for each test."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.sdk.stub import Server, Stub
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
SDK = ROOT / "sdk" / "js"


@pytest.fixture(scope="session")
def sdk_script() -> Path:
    """The built script, built again when a source is newer."""
    built = SDK / "dist" / "waypost.js"
    newest = max(path.stat().st_mtime for path in (SDK / "src").rglob("*.ts"))
    if not built.exists() or built.stat().st_mtime < newest:
        subprocess.run(["npm", "run", "build"], cwd=SDK, check=True, capture_output=True)
    return built


@pytest.fixture
def stub(sdk_script: Path) -> Iterator[Stub]:
    """A server on a free port."""
    made = Stub(sdk_script)
    server = Server(made)
    made.url = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own."""
    made = chromium.new_context(viewport={"width": 1000, "height": 700})
    yield made
    made.close()


def start(page: Page, options: dict[str, Any] | None = None, user: str = "ana") -> None:
    """What a host page does: init and identify."""
    page.evaluate(
        "([options, user]) => { waypost.init({key: 'wp_pk_test', debug: true, ...options}); waypost.identify(user) }",
        [options or {}, user],
    )


@pytest.fixture
def visit(context: BrowserContext, stub: Stub) -> Callable[..., Page]:
    """Open a page of the host with the SDK started on it."""

    def open_page(path: str = "/automations/7", **options: Any) -> Page:
        page = context.new_page()
        page.goto(stub.url + path)
        start(page, options)
        return page

    return open_page


def until(condition: Callable[[], Any], page: Page) -> None:
    """Wait for something that the server sees or the page comes to; the page goes on meanwhile."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        page.wait_for_timeout(20)
