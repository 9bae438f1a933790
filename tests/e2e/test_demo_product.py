"""The whole path in a real browser: a person uses the demo product, and the right nudge comes and goes."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.waiting import PATIENCE
from waypost import Waypost
from waypost_server.demo.cast import Customer, customers
from waypost_server.demo.importer import describe

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANCHOR = "[data-waypost='automation-launch']"


def test_a_tooltip_appears_at_its_element_closes_by_keyboard_and_stays_away(
    ready: dict[str, Any], chromium: Any
) -> None:
    """Halfway through the first automation the tooltip points at Launch; Escape closes it, focus returns to the
    page, and neither reload nor route change brings it back."""
    customer = _long_tail(0)
    _introduce(ready, customer)
    page = chromium.new_page()
    _build_half(page, ready, customer)
    tip = page.get_by_role("dialog")
    tip.wait_for(state="visible")
    assert "halfway" in tip.inner_text().lower()
    assert "2 of 4" in tip.inner_text()
    _assert_anchored(page, tip)
    with page.expect_response(lambda answer: "/v1/b" in answer.url):
        page.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    with page.expect_response(lambda answer: "/v1/decide" in answer.url):
        page.reload()
    page.evaluate("history.pushState({}, '', '/automations/1?again')")
    page.wait_for_function("document.querySelector('[data-waypost]') !== null")
    assert page.get_by_role("dialog").count() == 0
    assert [o["nudge"] for o in _offers(ready, customer)] == ["automation-halfway"]
    page.close()


def test_two_tabs_paint_one_nudge(ready: dict[str, Any], chromium: Any) -> None:
    """With the same page open in two tabs of one browser, one of them paints and one offer exists."""
    customer = _long_tail(1)
    _introduce(ready, customer)
    context = chromium.new_context()
    first = context.new_page()
    address = _build_half(first, ready, customer, wait=False)
    second = context.new_page()
    second.goto(address)
    _sees(first, second)
    for page in (first, second):  # give the other tab its whole chance
        page.bring_to_front()
        with page.expect_response(lambda answer: "/v1/decide" in answer.url):
            page.evaluate("waypost.refresh()")
    painted = [page for page in (first, second) if _has_dialog(page)]
    assert len(painted) == 1
    assert len(_offers(ready, customer)) == 1
    context.close()


def test_a_strategic_account_is_left_to_its_csm(ready: dict[str, Any], chromium: Any) -> None:
    """The same steps by an admin of a strategic account show no nudge that is meant for the long tail."""
    customer = next(c for c in customers(datetime.now(UTC)) if c.is_strategic)
    _introduce(ready, customer)
    page = chromium.new_page()
    _build_half(page, ready, customer, wait=False)
    with page.expect_response(lambda answer: "/v1/decide" in answer.url) as decided:
        page.reload()
    assert "automation-halfway" not in [nudge["key"] for nudge in decided.value.json()["nudges"]]
    page.close()


def _long_tail(number: int) -> Customer:
    return [c for c in customers(datetime.now(UTC)) if not c.is_strategic and c.health == "new"][number]


def _introduce(ready: dict[str, Any], customer: Customer) -> None:
    with Waypost(ready["secret_key"], host=ready["url"]) as client:
        describe(client, customer, customer.people[0])
        assert client.flush()


def _build_half(page: Any, ready: dict[str, Any], customer: Customer, *, wait: bool = True) -> str:
    """Sign in, make an automation, add its trigger; returns the editor's address."""
    page.request.post(f"{ready['demo_url']}/enter/{urllib.parse.quote(customer.people[0].id)}")
    page.goto(f"{ready['demo_url']}/automations/new")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/automations/*")
    page.wait_for_function("window.waypost !== undefined")
    with page.expect_response(lambda answer: "/v1/b" in answer.url):
        page.get_by_role("button", name="Add trigger").click()
    return str(page.url)


def _assert_anchored(page: Any, tip: Any) -> None:
    anchor, box = page.locator(ANCHOR).bounding_box(), tip.bounding_box()
    gap_below = box["y"] - (anchor["y"] + anchor["height"])
    gap_above = anchor["y"] - (box["y"] + box["height"])
    beside = max(box["x"] - (anchor["x"] + anchor["width"]), anchor["x"] - (box["x"] + box["width"]))
    assert any(0 <= gap <= 24 for gap in (gap_below, gap_above, beside)), (anchor, box)


def _has_dialog(page: Any) -> bool:
    return bool(page.get_by_role("dialog").count())


def _sees(*pages: Any) -> Any:
    """The first page in which a nudge appears."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for page in pages:
            if _has_dialog(page):
                return page
            page.wait_for_timeout(50)
    raise AssertionError("no tab painted the nudge")


def _offers(ready: dict[str, Any], customer: Customer) -> list[dict[str, Any]]:
    who = urllib.parse.urlencode({"userId": customer.people[0].id})
    request = urllib.request.Request(
        f"{ready['url']}/v1/offers?{who}", headers={"Authorization": f"Bearer {ready['secret_key']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        offers: list[dict[str, Any]] = json.load(answer)["data"]
        return offers
