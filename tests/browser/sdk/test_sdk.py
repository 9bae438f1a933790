"""The browser SDK as people meet it: real Chromium, real pages under a strict policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.sdk.conftest import start, until
from tests.browser.sdk.stub import Stub, nudge

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
CARD = ".card"


def focus_name(page: Page) -> str:
    """Text or label of what has the focus, inside our shadow root too."""
    return page.evaluate(
        """() => { let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
        return e.getAttribute('aria-label') || e.id || e.textContent }"""
    )


def clean(page: Page) -> None:
    """No policy violation and no error reached the host."""
    assert page.evaluate("[...violations, ...faults]") == []


def route(page: Page, path: str) -> None:
    """A client-side navigation of the host."""
    page.evaluate("path => history.pushState({}, '', path)", path)


def decide_again_without_it(page: Page, stub: Stub) -> None:
    """What follows a claim on a real server: the next answer no longer names the nudge, and the page has read it."""
    stub.nudges, before = [], len(stub.decides)
    page.evaluate("window.answers = 0; waypost.on('decide', () => answers++); waypost.refresh()")
    until(lambda: len(stub.decides) > before and page.evaluate("answers"), page)


def stands_beside(page: Page) -> bool:
    """Whether the card is right below the anchor, its arrow at the anchor's middle."""
    anchor, card = page.locator("#launch").bounding_box(), page.locator(CARD).bounding_box()
    arrow = page.locator(".arrow").bounding_box()
    assert anchor and card and arrow
    off = (arrow["x"] + arrow["width"] / 2) - (anchor["x"] + anchor["width"] / 2)
    return 8 <= card["y"] - (anchor["y"] + anchor["height"]) <= 12 and (abs(off) <= 2 or card["x"] == 8)


def lies_within(page: Page, width: int) -> bool:
    """Whether the card is inside a window of this width."""
    card = page.locator(CARD).bounding_box()
    assert card
    return card["x"] >= 0 and card["x"] + card["width"] <= width


class TestTooltip:
    """Beside its anchor, reachable, and gone when told."""

    def test_it_stands_beside_its_anchor_and_follows_it(self, visit: Visit, stub: Stub) -> None:
        """Below the anchor with its arrow at the anchor's middle, also after scrolling and resizing."""
        stub.nudges = [nudge()]
        page = visit()
        for change in (
            "1",
            "scrollBy(0, 60)",
            "document.querySelector('.steps').style.setProperty('height', '200px')",
        ):
            page.evaluate(change)
            page.locator(CARD).wait_for()
            page.wait_for_timeout(300)
            until(lambda: stands_beside(page), page)
        assert (
            page.locator(CARD).evaluate("e => getComputedStyle(e).font")
            == "14px / 20px system-ui, sans-serif"
        )
        page.set_viewport_size({"width": 320, "height": 568})
        page.wait_for_timeout(300)
        until(lambda: lies_within(page, 320), page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        clean(page)

    @pytest.mark.parametrize("zoomed", ["documentElement", "body"])
    def test_it_stands_beside_its_anchor_on_a_page_that_zooms(
        self, zoomed: str, visit: Visit, stub: Stub
    ) -> None:
        """A product may set `zoom` in its styles; the card grows with it and stays at the anchor."""
        stub.nudges = [nudge()]
        page = visit()
        page.evaluate(f"document.{zoomed}.style.setProperty('zoom', '1.2')")
        page.locator(CARD).wait_for()
        until(lambda: stands_beside(page) and lies_within(page, 1000), page)

    def test_escape_closes_says_so_and_it_stays_away(self, visit: Visit, stub: Stub) -> None:
        """Shown after a second, dismissed by Escape, not back after a reload when the server holds it."""
        stub.nudges = [nudge()]
        page = visit()
        page.locator(CARD).wait_for()
        until(lambda: "shown" in stub.reactions(), page)
        page.keyboard.press("Escape")
        expect(page.locator(CARD)).to_have_count(0)
        until(lambda: stub.reactions() == ["shown", "dismissed"], page)
        reaction = stub.events[-1]
        assert reaction["properties"]["nudge"] == "automation-halfway"
        assert reaction["properties"]["offer"]
        stub.nudges, before = [], len(stub.decides)
        page.reload()
        start(page)
        until(lambda: len(stub.decides) > before, page)
        page.wait_for_timeout(200)
        expect(page.locator(CARD)).to_have_count(0)
        clean(page)

    def test_the_keyboard_alone_is_enough(self, visit: Visit, stub: Stub) -> None:
        """The focus is not taken; Tab from the anchor goes in and on; Escape gives it back to the anchor."""
        stub.nudges = [nudge()]
        page = visit()
        page.locator(CARD).wait_for()
        assert page.evaluate("document.activeElement === document.body")
        page.locator("#launch").focus()
        steps = []
        for _ in range(5):
            page.keyboard.press("Tab")
            steps.append(focus_name(page))
        assert steps == ["Close", "Finish it", "Get help", "Later", "after"]
        page.keyboard.press("F6")
        assert focus_name(page) == "Close"
        page.keyboard.press("Shift+Tab")
        assert focus_name(page) == "launch"
        page.keyboard.press("F6")
        page.keyboard.press("Escape")
        assert focus_name(page) == "launch"
        expect(page.locator(CARD)).to_have_count(0)

    def test_later_offers_a_day_a_week_and_never(self, visit: Visit, stub: Stub) -> None:
        """Snoozing reports its days; the reason for the nudge is in the same place."""
        stub.nudges = [nudge()]
        page = visit()
        page.get_by_role("button", name="Later").click()
        expect(page.get_by_text("two of four steps are done")).to_be_visible()
        expect(page.get_by_role("button", name="Don't show again")).to_be_visible()
        page.get_by_role("button", name="In 7 days").click()
        until(lambda: stub.reactions() == ["snoozed"], page)
        assert stub.events[-1]["properties"]["snooze_days"] == 7

    def test_never_again_holds_over_a_reload_even_if_offered(self, visit: Visit, stub: Stub) -> None:
        """The browser keeps the wish itself until the server knows it."""
        stub.nudges = [nudge()]
        page = visit()
        page.get_by_role("button", name="Later").click()
        page.get_by_role("button", name="Don't show again").click()
        until(lambda: stub.reactions() == ["never_again"], page)
        before = len(stub.decides)
        page.reload()
        start(page)
        until(lambda: len(stub.decides) > before, page)
        page.wait_for_timeout(300)
        expect(page.locator(CARD)).to_have_count(0)

    def test_an_action_tracks_its_event(self, visit: Visit, stub: Stub) -> None:
        """A button with an event reports the click and the event."""
        stub.nudges = [nudge()]
        page = visit()
        page.get_by_role("button", name="Get help").click()
        until(
            lambda: (
                [e.get("event") for e in stub.events if e["type"] == "track"] == ["$nudge", "help_requested"]
            ),
            page,
        )
        assert stub.reactions() == ["clicked"]

    def test_a_link_goes_where_it_says_and_the_click_arrives(self, visit: Visit, stub: Stub) -> None:
        """The page navigates away at once; the reaction is sent on the way out."""
        stub.nudges = [nudge()]
        page = visit()
        page.get_by_role("link", name="Finish it").click()
        page.wait_for_url("**/automations/new")
        until(lambda: stub.reactions() == ["clicked"], page)

    def test_the_host_may_navigate_itself(self, visit: Visit, stub: Stub) -> None:
        """onNudge sees every reaction and can keep the browser from loading a page."""
        stub.nudges = [nudge()]
        page = visit("/elsewhere")
        page.evaluate(
            """() => { window.told = []; waypost.init({key: 'k', onNudge(e) { told.push([e.type, e.action?.label]);
            if (e.type === 'clicked') { e.preventDefault(); history.pushState({}, '', e.action.url) } }});
            waypost.identify('ana'); history.pushState({}, '', '/automations/7') }"""
        )
        page.get_by_role("link", name="Finish it").click()
        page.wait_for_url("**/automations/new")
        assert page.evaluate("told") == [["clicked", "Finish it"]]

    def test_starting_over_leaves_one_client(self, visit: Visit, stub: Stub) -> None:
        """An answer to the first client that comes late shows nothing of the first client's."""
        page = visit("/elsewhere")
        stub.nudges = [nudge()]
        page.evaluate(
            """() => { waypost.track('x'); waypost.init({key: 'k'}); waypost.identify('ana');
            history.pushState({}, '', '/automations/7') }"""
        )
        page.locator(CARD).first.wait_for()
        until(lambda: {batch["writeKey"] for batch in stub.batches} == {"wp_pk_test", "k"}, page)
        page.wait_for_timeout(600)
        assert page.locator(CARD).count() == 1

    def test_an_anchor_that_goes_takes_it_along_quietly(self, visit: Visit, stub: Stub) -> None:
        """No dismissal; back with the same offer when the anchor is back."""
        stub.nudges = [nudge()]
        page = visit()
        page.locator(CARD).wait_for()
        page.evaluate("document.getElementById('launch').classList.add('hide')")
        expect(page.locator(CARD)).to_have_count(0)
        page.evaluate("document.getElementById('launch').classList.remove('hide')")
        page.locator(CARD).wait_for()
        page.evaluate("waypost.flush()")
        assert len(stub.claims) == 1
        assert "dismissed" not in stub.reactions()

    def test_it_comes_back_although_the_next_decision_does_not_name_what_is_held(
        self, visit: Visit, stub: Stub
    ) -> None:
        """A server lists nothing that is claimed; an anchor that is drawn anew on the same route has its tip again."""
        stub.nudges = [nudge()]
        page = visit()
        page.locator(CARD).wait_for()
        decide_again_without_it(page, stub)
        page.evaluate("document.getElementById('launch').classList.add('hide')")
        expect(page.locator(CARD)).to_have_count(0)
        page.evaluate("document.getElementById('launch').classList.remove('hide')")
        page.locator(CARD).wait_for()
        assert len(stub.claims) == 1
        page.keyboard.press("Escape")
        until(lambda: "dismissed" in stub.reactions(), page)
        expect(page.locator(CARD)).to_have_count(0)

    def test_a_missing_anchor_is_reported_once_and_nothing_floats(
        self, context: BrowserContext, visit: Visit, stub: Stub
    ) -> None:
        """After ten seconds the nudge is skipped, and the next one gets its chance."""
        context.clock.install()
        stub.nudges = [nudge(where={"anchor": "gone"}), nudge("second", where={"anchor": "gone-too"})]
        page = visit()
        until(lambda: "waypost-surfaces.js" in stub.files, page)
        page.wait_for_timeout(100)
        page.clock.run_for(12_000)
        page.clock.run_for(6_000)
        until(lambda: stub.reactions() == ["anchor_missing"] * 2, page)
        assert stub.claims == []
        expect(page.locator(CARD)).to_have_count(0)

    def test_an_anchor_in_an_open_shadow_root_is_found_late(self, visit: Visit, stub: Stub) -> None:
        """Web components mount lazily and hide their inside from querySelector."""
        stub.nudges = [nudge(where={"anchor": "inside"})]
        page = visit()
        until(lambda: stub.decides, page)
        page.evaluate(
            """() => { const root = document.querySelector('main').appendChild(document.createElement('x-box'))
            .attachShadow({mode: 'open'}); const b = document.createElement('button'); b.textContent = 'Run';
            b.dataset.waypost = 'inside'; root.append(b); scrollTo(0, 1e5) }"""
        )
        page.locator(CARD).wait_for()


class TestBannerAndModal:
    """The other two surfaces."""

    def test_a_banner_moves_nothing_and_is_a_landmark(self, visit: Visit, stub: Stub) -> None:
        """It lies over the page; F6 leads in and back."""
        page = visit("/elsewhere")
        height = page.evaluate("document.documentElement.scrollHeight")
        before = page.locator("#after").bounding_box()
        stub.nudges = [nudge(surface="banner")]
        page.evaluate("waypost.refresh()")
        until(lambda: len(stub.decides) >= 2, page)
        route(page, "/automations/7")
        page.get_by_role("region", name="You're halfway").wait_for()
        assert page.locator("#after").bounding_box() == before
        assert page.evaluate("document.documentElement.scrollHeight") == height
        page.locator("#name").focus()
        page.keyboard.press("F6")
        page.keyboard.press("Escape")
        assert focus_name(page) == "name"
        until(lambda: stub.reactions() == ["dismissed"], page)
        clean(page)

    def test_it_leaves_with_the_page_it_belongs_to(self, visit: Visit, stub: Stub) -> None:
        """Its path says where it belongs, also when nothing else is left to show."""
        stub.nudges = [nudge(surface="banner")]
        page = visit()
        page.locator(".card, .banner").first.wait_for()
        decide_again_without_it(page, stub)
        route(page, "/reports")
        expect(page.locator("[data-waypost-nudge]")).to_have_count(0)
        assert "dismissed" not in stub.reactions()

    def test_a_modal_waits_for_a_quiet_moment_and_gives_the_focus_back(
        self, visit: Visit, stub: Stub
    ) -> None:
        """Not within 3 s of the page, not while somebody writes; Tab stays inside; Escape closes."""
        stub.nudges = [nudge(surface="modal")]
        page = visit()
        page.locator("#name").type("Monthly")
        page.wait_for_timeout(3600)
        expect(page.locator(CARD)).to_have_count(0)
        assert stub.claims == []
        page.locator("#after").focus()
        page.locator(CARD).wait_for()
        assert focus_name(page) == "title"
        for _ in range(9):
            page.keyboard.press("Tab")
            assert page.evaluate("['BODY', 'DIV'].includes(document.activeElement.tagName)")
        page.keyboard.press("Escape")
        expect(page.locator(CARD)).to_have_count(0)
        assert focus_name(page) == "after"
        until(lambda: stub.reactions() == ["dismissed"], page)
        clean(page)

    def test_nothing_interrupts_a_dialog_of_the_host(self, visit: Visit, stub: Stub) -> None:
        """A tooltip outside the host's open dialog waits until it is closed."""
        page = visit("/elsewhere")
        page.evaluate(
            """() => { const d = document.body.appendChild(document.createElement('dialog')); d.id = 'own';
            d.append('Host'); d.showModal() }"""
        )
        stub.nudges = [nudge()]
        page.evaluate("waypost.refresh()")
        until(lambda: len(stub.decides) >= 2, page)
        route(page, "/automations/7")
        page.wait_for_timeout(700)
        assert stub.claims == []
        page.evaluate("document.getElementById('own').close()")
        page.locator(CARD).wait_for()


class TestClaims:
    """Nothing is painted that was not claimed."""

    @pytest.mark.parametrize("alone", [False, True], ids=["locks", "no-locks"])
    def test_two_tabs_paint_once(self, alone: bool, context: BrowserContext, stub: Stub) -> None:
        """Both are offered it at the same moment; without locks and channel the server has the last word."""
        if alone:
            context.add_init_script(
                "delete window.BroadcastChannel; Object.defineProperty(navigator, 'locks', {value: undefined})"
            )
            stub.claim_answers = [200, 409]
        pages = [context.new_page(), context.new_page()]
        for page in pages:
            page.goto(stub.url + "/automations/7")
        stub.nudges = [nudge()]
        for page in pages:
            page.evaluate("setTimeout(() => { waypost.init({key: 'k'}); waypost.identify('ana') }, 50)")
        for page in pages:
            page.bring_to_front()
        until(lambda: len(stub.decides) >= 2 and sum(page.locator(CARD).count() for page in pages), pages[0])
        pages[0].wait_for_timeout(500)
        assert sum(page.locator(CARD).count() for page in pages) == 1
        assert len(stub.claims) == 1 or alone

    def test_a_held_nudge_makes_room_for_the_next(self, visit: Visit, stub: Stub) -> None:
        """409: drop it and walk on."""
        stub.nudges = [nudge("first"), nudge("second", content={"title": "The second"})]
        stub.claim_answers = [409]
        page = visit()
        expect(page.locator("h2")).to_have_text("The second")
        assert [claim["nudge"] for claim in stub.claims] == ["first", "second"]

    def test_without_an_answer_nothing_is_painted(self, visit: Visit, stub: Stub) -> None:
        """A failed claim is not a grant."""
        stub.nudges = [nudge()]
        stub.claim_answers = [503]
        page = visit()
        until(lambda: stub.claims, page)
        page.wait_for_timeout(700)
        expect(page.locator(CARD)).to_have_count(0)
        assert len(stub.claims) == 1
        clean(page)

    def test_a_route_change_needs_no_request(self, visit: Visit, stub: Stub) -> None:
        """The list is held in the page; only the claim goes out."""
        stub.nudges = [nudge(surface="banner")]
        page = visit("/reports")
        until(lambda: stub.decided_again, page)
        page.wait_for_timeout(500)
        before = stub.requests(), len(stub.decides)
        route(page, "/team")
        page.wait_for_timeout(200)
        assert stub.requests() == before[0]
        route(page, "/automations/9")
        page.locator(CARD).wait_for()
        assert (len(stub.claims), len(stub.decides)) == (1, before[1])
        route(page, "/team")
        expect(page.locator(CARD)).to_have_count(0)
        page.go_back()
        page.locator(CARD).wait_for()
        assert len(stub.claims) == 1

    def test_an_answer_for_one_page_is_asked_for_again_on_the_next(self, visit: Visit, stub: Stub) -> None:
        """Where conditions read the page, the server hears of each; the claim names it as well."""
        stub.by_page = True
        page = visit("/reports")
        until(lambda: stub.decides, page)
        assert stub.decides[0]["context"]["page"] == {"path": "/reports", "title": "Acme Automations"}
        assert stub.decides[0]["context"]["viewport"] == 1000
        page.wait_for_timeout(500)
        stub.nudges = [nudge(surface="banner")]
        route(page, "/automations/9")
        until(lambda: stub.decides[-1]["context"]["page"]["path"] == "/automations/9", page)
        page.locator(CARD).wait_for()
        assert stub.claims[0]["context"]["page"]["path"] == "/automations/9"

    def test_it_works_across_origins(self, visit: Visit, stub: Stub) -> None:
        """Waypost on another host, with no more CORS headers than the contract names."""
        stub.nudges = [nudge(where={"path": "/open/*", "anchor": "automation-launch"})]
        page = visit("/open/a", host=stub.url.replace("localhost", "127.0.0.1"))
        page.locator(CARD).wait_for()
        until(lambda: stub.decided_again, page)
        clean(page)

    def test_a_milestone_of_this_click_shows_its_nudge_on_this_click(self, visit: Visit, stub: Stub) -> None:
        """An accepted event is followed by a conditional decide."""
        page = visit()
        until(lambda: stub.conditional, page)
        stub.nudges = [nudge()]
        page.evaluate("waypost.track('automation_created', {kind: 'invoice'})")
        page.locator(CARD).wait_for()


class TestEvents:
    """Nothing lost, nothing twice, and the host never notices."""

    def test_thirty_large_events_survive_the_end_of_the_page(self, visit: Visit, stub: Stub) -> None:
        """More than the browser sends on the way out: the rest goes with the next page; each is stored once."""
        page = visit("/plain")
        until(lambda: stub.batches, page)
        page.evaluate(
            """() => { for (let i = 0; i < 30; i++) waypost.track('big', {i, pad: 'x'.repeat(3000)});
            location.href = '/next' }"""
        )
        page.wait_for_url("**/next")
        until(lambda: len([e for e in stub.events if e.get("event") == "big"]) >= 15, page)
        start(page)
        until(lambda: len({e["messageId"] for e in stub.events if e.get("event") == "big"}) == 30, page)
        stored = {e["messageId"]: e["properties"]["i"] for e in stub.events if e.get("event") == "big"}
        assert Counter(stored.values()) == Counter(range(30))

    def test_a_server_that_fails_first_gets_everything_later(self, visit: Visit, stub: Stub) -> None:
        """500, then 200: the same ids."""
        stub.batch_answers = [500]
        page = visit("/plain")
        page.evaluate("waypost.track('once')")
        until(lambda: [e.get("event") for e in stub.events].count("once") == 1, page)

    def test_calls_made_before_the_script_loaded_are_made_up_for(
        self, context: BrowserContext, stub: Stub
    ) -> None:
        """The usual stub: an array that takes the calls."""
        context.add_init_script(
            "window.waypost = [['init', {key: 'k'}], ['identify', 'ana'], ['track', 'early']]"
        )
        page = context.new_page()
        page.goto(stub.url + "/plain")
        until(lambda: "early" in [e.get("event") for e in stub.events], page)
        clean(page)

    def test_blocked_storage_hurts_nobody(self, context: BrowserContext, stub: Stub) -> None:
        """Memory stands in; the nudge is still shown."""
        context.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
        )
        stub.nudges = [nudge()]
        page = context.new_page()
        page.goto(stub.url + "/automations/7")
        start(page)
        page.evaluate("waypost.track('x')")
        page.locator(CARD).wait_for()
        clean(page)

    def test_a_page_without_network_is_unharmed(self, visit: Visit, stub: Stub) -> None:
        """fetch throws, beacons fail, arguments are nonsense: no error reaches the host."""
        page = visit("/plain")
        page.evaluate(
            """() => { window.fetch = () => { throw new Error('down') }; navigator.sendBeacon = () => { throw 1 };
            waypost.init({key: 'k', host: 'http://localhost:9'}); waypost.identify('ana'); waypost.track('x');
            const loop = {}; loop.loop = loop; waypost.track('y', loop); waypost.track('z', {n: 10n});
            waypost.track(); waypost.identify(null); waypost.group({}); waypost.page(); waypost.reset();
            waypost.init(); waypost.on('nudge'); waypost.refresh(); waypost.flush();
            dispatchEvent(new Event('pagehide')); history.pushState({}, '', '/other') }"""
        )
        page.wait_for_timeout(500)
        page.locator("#after").click()
        clean(page)

    @pytest.mark.parametrize(
        ("said", "accent", "radius"),
        [({}, "rgb(122, 31, 162)", "3px"), ({"accent": "#0000aa", "radius": "0"}, "rgb(0, 0, 170)", "0px")],
    )
    def test_the_workspace_gives_the_look_and_the_page_has_the_last_word(
        self, said: dict[str, str], accent: str, radius: str, visit: Visit, stub: Stub
    ) -> None:
        """Colours of the answer are painted, without breaking the policy; those of `init` stand over them."""
        palette = {"accent": "#7a1fa2", "accentText": "#ffffff", "background": "#fffdf5", "text": "#221100"}
        stub.theme, stub.nudges = {"light": palette, "radius": "3px"}, [nudge(surface="banner")]
        page = visit(theme=said)
        looks = """card => [card, card.querySelector('.pri')].flatMap(each => {
            const look = getComputedStyle(each); return [look.backgroundColor, look.borderRadius] })"""
        assert page.locator(CARD).evaluate(looks) == ["rgb(255, 253, 245)", radius, accent, radius]
        clean(page)

    def test_hostile_content_stays_text(self, visit: Visit, stub: Stub) -> None:
        """No element, no script and no style of the author's; bad addresses become words."""
        stub.nudges = [
            nudge(
                content={
                    "title": "<img src=x onerror=faults.push(1)>",
                    "body": [{"t": "p", "c": [{"t": "link", "href": "javascript:faults.push(2)", "c": []}]}],
                    "actions": [{"label": "<b>Go</b>", "url": "javascript:faults.push(3)"}],
                }
            )
        ]
        page = visit(theme={"accent": "red;background:url(//evil.test)", "font": "x}*{display:none"})
        page.get_by_role("button", name="<b>Go</b>").click()
        until(lambda: stub.reactions() == ["completed"], page)
        clean(page)
