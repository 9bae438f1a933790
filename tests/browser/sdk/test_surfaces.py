"""The surfaces that are more than a card, as people meet them: by keyboard, over routes, and on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.sdk import offers
from tests.browser.sdk.conftest import start, until
from tests.browser.sdk.stub import Stub, nudge
from tests.browser.sdk.test_sdk import CARD, clean, focus_name, route

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]


def last(stub: Stub) -> dict[str, Any]:
    """Properties of the last reaction that arrived."""
    found: dict[str, Any] = [e["properties"] for e in stub.events if e.get("event") == "$nudge"][-1]
    return found


def is_above(upper: Locator, lower: Locator) -> bool:
    """Whether one ends where the other has not begun yet."""
    above, below = upper.bounding_box(), lower.bounding_box()
    assert above and below
    return above["y"] + above["height"] < below["y"]


class TestSecondFile:
    """What shows nudges is fetched when there is something to show."""

    def test_nothing_to_show_costs_one_file(self, visit: Visit, stub: Stub) -> None:
        """The second file comes with the first nudge, under the policy that let the first one in."""
        page = visit()
        until(lambda: stub.decided_again, page)
        page.wait_for_timeout(200)
        assert stub.files == ["waypost.js"]
        stub.nudges = [nudge()]
        page.evaluate("waypost.refresh()")
        page.locator(CARD).wait_for()
        assert stub.files == ["waypost.js", "waypost-surfaces.js"]
        clean(page)

    def test_without_it_events_still_arrive_and_nothing_is_claimed(self, visit: Visit, stub: Stub) -> None:
        """A blocked second file costs the nudge, not the events and not the page."""
        page = visit("/plain")
        page.route("**/waypost-surfaces.js*", lambda wire: wire.abort())
        stub.nudges = [nudge(where={})]
        page.evaluate("waypost.refresh(); waypost.track('x')")
        until(lambda: "x" in [e.get("event") for e in stub.events], page)
        page.evaluate("waypost.feed()")
        page.wait_for_timeout(300)
        assert stub.claims == []
        clean(page)


class TestSlideoutAndHotspot:
    """A card in the corner, and a dot that opens one."""

    def test_a_slideout_keeps_to_its_corner_above_the_banner(self, visit: Visit, stub: Stub) -> None:
        """Two lie beside each other and never on each other; Escape closes the later one first."""
        stub.nudges = [nudge("b", "banner"), offers.slideout()]
        page = visit()
        corner, banner = page.locator(".corner"), page.locator(".banner")
        corner.wait_for()
        banner.wait_for()
        page.wait_for_timeout(150)
        until(lambda: is_above(corner, banner), page)
        page.locator("#name").focus()
        page.keyboard.press("F6")
        page.keyboard.press("Escape")
        page.keyboard.press("F6")
        page.keyboard.press("Escape")
        expect(page.locator(CARD)).to_have_count(0)
        assert focus_name(page) == "name"
        clean(page)

    def test_a_hotspot_opens_when_pressed_and_gives_the_focus_back(self, visit: Visit, stub: Stub) -> None:
        """Tab from the anchor reaches the dot; Escape folds the card and dismisses nothing."""
        stub.nudges = [offers.hotspot()]
        page = visit()
        page.locator(".dot").wait_for()
        assert page.locator(CARD).is_hidden()
        page.locator("#launch").focus()
        page.keyboard.press("Tab")
        assert focus_name(page) == "Launch without sending"
        page.keyboard.press("Enter")
        page.locator(CARD).wait_for()
        assert focus_name(page) == "title"
        page.keyboard.press("Escape")
        expect(page.locator(CARD)).to_be_hidden()
        assert focus_name(page) == "Launch without sending"
        until(lambda: stub.reactions() == ["shown"], page)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Close").click()
        expect(page.locator(".dot")).to_have_count(0)
        until(lambda: stub.reactions() == ["shown", "dismissed"], page)
        assert focus_name(page) == "launch"
        clean(page)


class TestTour:
    """Steps over routes and anchors."""

    def test_it_walks_over_buttons_clicks_routes_and_events(self, visit: Visit, stub: Stub) -> None:
        """Next, a click on the product's own button, another route, an event; one claim, one shown, one end."""
        stub.nudges = [offers.tour()]
        page = visit()
        expect(page.locator("h2")).to_have_text("Give it a name")
        expect(page.locator(".count")).to_have_text("1 of 3")
        until(lambda: stub.reactions() == ["shown"], page)
        page.locator("#name").focus()
        page.keyboard.press("F6")
        page.get_by_role("button", name="Next").press("Enter")
        expect(page.locator("h2")).to_have_text("Launch it")
        assert focus_name(page) == "title"
        page.get_by_role("button", name="Back").click()
        expect(page.locator("h2")).to_have_text("Give it a name")
        page.get_by_role("button", name="Next").click()
        page.locator("#launch").click()
        expect(page.locator(CARD)).to_have_count(0)
        route(page, "/team")
        expect(page.locator("h2")).to_have_text("Bring a colleague")
        expect(page.locator(".count")).to_have_text("3 of 3")
        page.evaluate("waypost.track('other'); waypost.track('invite_sent')")
        expect(page.locator(CARD)).to_have_count(0)
        until(lambda: "completed" in stub.reactions(), page)
        assert stub.reactions() == ["shown", "stepped", "stepped", "stepped", "stepped", "completed"]
        steps = [e["properties"].get("step") for e in stub.events if e.get("event") == "$nudge"]
        assert steps == [None, "name", "name", "launch", "team", None]
        assert len(stub.claims) == 1
        clean(page)

    def test_it_resumes_where_it_was_after_a_reload(self, visit: Visit, stub: Stub) -> None:
        """The server names the offer it gave, so nothing is claimed again; the step is the browser's memory."""
        stub.nudges = [offers.tour()]
        page = visit()
        page.get_by_role("button", name="Next").click()
        until(lambda: "stepped" in stub.reactions(), page)
        stub.nudges = [offers.tour(offer="offer-1")]
        page.reload()
        start(page)
        expect(page.locator("h2")).to_have_text("Launch it")
        assert len(stub.claims) == 1
        page.locator("#launch").press("Enter")
        page.get_by_role("button", name="Skip the tour").wait_for(state="detached")
        route(page, "/team")
        page.get_by_role("button", name="Skip the tour").click()
        until(lambda: "dismissed" in stub.reactions(), page)
        assert last(stub)["offer"] == "offer-1"
        assert page.evaluate("Object.keys(localStorage).filter(name => name.endsWith('steps'))") == []
        assert stub.reactions().count("shown") <= 2
        before = len(stub.decides)
        page.reload()
        start(page)
        until(lambda: len(stub.decides) > before, page)
        page.wait_for_timeout(300)
        expect(page.locator(CARD)).to_have_count(0)
        clean(page)

    def test_a_step_that_lost_its_anchor_floats_nowhere(self, visit: Visit, stub: Stub) -> None:
        """While the anchor is away the step waits; Escape then means nothing to us."""
        stub.nudges = [offers.tour()]
        page = visit()
        page.locator(CARD).wait_for()
        page.evaluate("document.getElementById('launch').classList.add('hide')")
        page.get_by_role("button", name="Next").click()
        expect(page.locator(CARD)).to_have_count(0)
        page.keyboard.press("Escape")
        page.evaluate("document.getElementById('launch').classList.remove('hide')")
        expect(page.locator("h2")).to_have_text("Launch it")
        assert "dismissed" not in stub.reactions()
        clean(page)


class TestChecklist:
    """A launcher, and a list that ticks itself."""

    def test_facts_tick_it_and_say_so(self, visit: Visit, stub: Stub) -> None:
        """A real list with states in words; a later decision updates it in place, announced politely."""
        stub.nudges = [offers.checklist()]
        page = visit()
        launcher = page.locator(".launch")
        launcher.press("Enter")
        assert launcher.get_attribute("aria-expanded") == "true"
        assert focus_name(page) == "title"
        items = page.get_by_role("listitem").all_inner_texts()
        assert [" ".join(text.split())[:12] for text in items[:3]] == [
            "Done: Create",
            "Done: Choose",
            "To do: Launc",
        ]
        stub.nudges = [offers.checklist(done=3)]
        page.evaluate("waypost.refresh()")
        expect(page.locator(".live")).to_have_text("Get started: 3 of 4")
        expect(launcher).to_contain_text("3 of 4")
        assert focus_name(page) == "title"
        assert len(stub.claims) == 1
        stub.nudges = [offers.checklist(done=4)]
        page.evaluate("waypost.refresh()")
        page.get_by_text("All four done.").wait_for()
        page.get_by_role("button", name="Finish").click()
        expect(launcher).to_have_count(0)
        until(lambda: stub.reactions()[-1:] == ["completed"], page)
        clean(page)

    def test_opening_an_item_closes_nothing(self, visit: Visit, stub: Stub) -> None:
        """The host may route itself; Escape folds the list away and stays polite about it."""
        stub.nudges = [offers.checklist()]
        page = visit()
        page.evaluate(
            """() => { waypost.on('nudge', (e) => { window.told = [e.type, e.step, e.action];
            e.preventDefault() }) }"""
        )
        page.locator(".launch").click()
        page.get_by_role("link", name="Launch it").click()
        told = page.evaluate("told")
        assert told[:2] == ["stepped", "item-2"]
        assert told[2]["url"].endswith("/automations/2")
        assert page.url.endswith("/automations/7")
        page.keyboard.press("Escape")
        expect(page.locator(".panel")).to_be_hidden()
        assert "Get started" in focus_name(page)
        until(lambda: "stepped" in stub.reactions(), page)
        assert "dismissed" not in stub.reactions()


class TestSurvey:
    """Questions, what is missing, thanks."""

    def test_the_keyboard_answers_and_the_wire_has_it(self, visit: Visit, stub: Stub) -> None:
        """A required question left out is named and focused; then every kind of answer arrives, once."""
        stub.nudges = [offers.survey()]
        page = visit()
        page.locator(CARD).wait_for()
        page.evaluate("window.keys = 0; addEventListener('keypress', () => keys++)")
        page.get_by_role("button", name="Send").press("Enter")
        group = page.get_by_role("radiogroup", name="How likely")
        expect(group.locator(".err")).to_have_text("Please answer this question.")
        assert group.get_attribute("aria-invalid") == "true"
        assert group.evaluate("e => e.getRootNode().activeElement.value") == "0"
        page.keyboard.press("ArrowLeft")
        page.get_by_label("3 of 5 stars").press("Space")
        page.get_by_label("A history of every run").press("Space")
        page.get_by_label("What is the main reason").type("It saves me Fridays")
        page.get_by_role("button", name="Send").press("Enter")
        page.get_by_text("We read every answer.").wait_for()
        assert focus_name(page) == "title"
        until(lambda: "answered" in stub.reactions(), page)
        wanted = {"nps": 10, "ease": 3, "missing": ["history"], "why": "It saves me Fridays"}
        assert last(stub)["answers"] == wanted
        page.get_by_role("button", name="Close").click()
        expect(page.locator(CARD)).to_have_count(0)
        page.evaluate("waypost.flush()")
        assert stub.reactions().count("answered") == 1 and "dismissed" not in stub.reactions()
        clean(page)

    def test_a_question_may_be_called_anything(self, visit: Visit, stub: Stub) -> None:
        """Keys that are names of the prototype are keys; questions of an unknown kind are left out."""
        asked: list[dict[str, Any]] = [
            {"key": "__proto__", "type": "csat", "required": False, "title": "One"},
            {"key": "constructor", "type": "text", "required": False, "title": "Two"},
            {"key": "x", "type": "toString", "required": True, "title": "Three"},
        ]
        odd = nudge("__proto__", "constructor", kind="interrupting", where={})
        stub.nudges = [odd, offers.survey(asked), nudge("valueOf", "__proto__", kind="passive")]
        page = visit()
        page.get_by_label("4", exact=True).check()
        page.get_by_role("textbox", name="Two").fill("text")
        page.get_by_role("button", name="Send").click()
        until(lambda: "answered" in stub.reactions(), page)
        assert list(last(stub)["answers"].items()) == [("__proto__", 4), ("constructor", "text")]
        assert page.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length") == 0
        clean(page)

    def test_it_waits_until_nobody_writes_and_counts_as_interrupting(self, visit: Visit, stub: Stub) -> None:
        """One at a time: a survey and a tooltip share one place."""
        page = visit("/elsewhere")
        page.locator("#name").type("Monthly")
        stub.nudges = [offers.survey(), nudge()]
        page.evaluate("waypost.refresh()")
        until(lambda: len(stub.decides) >= 2, page)
        route(page, "/automations/7")
        page.wait_for_timeout(400)
        assert stub.claims == []
        page.locator("#name").fill("")
        page.locator("#after").focus()
        page.locator(".survey").wait_for()
        page.wait_for_timeout(200)
        assert [claim["nudge"] for claim in stub.claims] == ["nps-autumn"]


class TestFeed:
    """A badge that counts, a panel that opens because somebody wants to read."""

    def test_opening_it_reads_it(self, visit: Visit, stub: Stub) -> None:
        """Unread entries are claimed and reported shown, the read one is not; the badge goes; Escape gives back."""
        stub.feed = offers.feed()
        page = visit("/plain")
        button = page.locator("#news")
        expect(page.locator(".badge")).to_have_text("2")
        assert stub.claims == []
        page.get_by_role("button", name="News 2 unread").press("Enter")
        page.get_by_role("dialog", name="What's new").wait_for()
        assert focus_name(page) == "title"
        assert button.get_attribute("aria-expanded") == "true"
        until(lambda: stub.reactions() == ["shown", "shown"], page)
        assert sorted(claim["nudge"] for claim in stub.claims) == ["faster", "run-history"]
        expect(page.locator(".badge")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator(".feed")).to_have_count(0)
        assert focus_name(page) == "news"
        assert button.get_attribute("aria-expanded") is None
        page.evaluate("waypost.feed()")
        page.locator(".feed").wait_for()
        page.locator("h1").click()
        expect(page.locator(".feed")).to_have_count(0)
        assert len(stub.claims) == 2
        clean(page)

    def test_an_empty_feed_says_what_it_is_for(self, visit: Visit, stub: Stub) -> None:
        """No badge, and a panel all the same; a button that mounts late is found."""
        page = visit("/plain")
        until(lambda: stub.decides, page)
        page.locator("#news").click()
        page.get_by_text("Nothing here yet.").wait_for()
        page.keyboard.press("Escape")
        page.evaluate("document.getElementById('news').remove()")
        stub.feed = offers.feed()
        page.evaluate("waypost.refresh()")
        until(lambda: len(stub.decides) >= 2, page)
        page.evaluate(
            """() => { const late = document.createElement('button'); late.textContent = 'Late';
            late.dataset.waypostFeed = ''; document.querySelector('main').prepend(late) }"""
        )
        page.get_by_role("button", name="Late 2 unread").wait_for()
        clean(page)

    def test_signing_out_takes_it_along(self, visit: Visit, stub: Stub) -> None:
        """Badge and panel belong to the person."""
        stub.feed = offers.feed()
        page = visit("/plain")
        page.locator(".badge").wait_for()
        page.locator("#news").click()
        page.evaluate("waypost.reset()")
        expect(page.locator(".badge")).to_have_count(0)
        expect(page.locator(".feed")).to_have_count(0)
        clean(page)


def test_consent_is_an_event(visit: Visit, stub: Stub) -> None:
    """Channel, topic and answer; nonsense is not sent."""
    page = visit("/plain")
    page.evaluate(
        """() => { waypost.consent('email', false); waypost.consent('all', true, 'tips');
        waypost.consent('pigeon', true); waypost.consent('email', 'no'); return waypost.flush() }"""
    )
    until(lambda: stub.batches, page)
    said = [e["properties"] for e in stub.events if e.get("event") == "$consent"]
    assert said == [
        {"channel": "email", "allowed": False},
        {"channel": "all", "allowed": True, "topic": "tips"},
    ]


def test_styles_of_the_host_stay_outside(visit: Visit, stub: Stub) -> None:
    """Resets, shouting rules and a patched prototype of the host change nothing of ours, and we nothing of it."""
    page = visit("/elsewhere")
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`*{all:unset!important}
        div,button,h2,label,input{font-size:40px!important;display:block!important;z-index:1!important}`);
        document.adoptedStyleSheets = [sheet]; Array.prototype.extra = () => {};
        document.body.append(Object.assign(document.createElement('form'), {id: 'nodes', name: 'getElementById'})) }"""
    )
    before = page.locator("#after").evaluate("e => getComputedStyle(e).fontSize")
    stub.nudges = [offers.survey(), offers.checklist()]
    page.evaluate("waypost.refresh()")
    until(lambda: len(stub.decides) >= 2, page)
    route(page, "/automations/7")
    page.locator(".survey").wait_for()
    page.locator(".launch").wait_for()
    assert page.locator(".survey h2").evaluate("e => getComputedStyle(e).fontSize") == "15px"
    assert page.locator("#after").evaluate("e => getComputedStyle(e).fontSize") == before
    clean(page)
