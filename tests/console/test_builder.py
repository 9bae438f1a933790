"""The condition builder on the editor's page: rows become text, text becomes rows, and neither loses the other's."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from tests.console.conftest import Browser, Console
from tests.console.seed import files
from tests.console.test_drafts import ADDRESS, FILE, MINE, draft_text, seen_of, text_of

pytestmark = pytest.mark.parametrize(
    "seeded_copy", ["sqlite"], indirect=True
)  # rows never reach the database


class Form(HTMLParser):
    """Collects the builder's fields in order, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "select":
            self.select = name if name[:2] in ("b-", "t-") else ""
            self.fields += [(name, "")] if self.select else []
        elif tag == "option" and self.select and ("selected" in given or not self.fields[-1][1]):
            self.fields[-1] = (self.select, given.get("value") or "")
        elif tag == "input" and name[:2] in ("b-", "t-"):
            self.fields.append((name, given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        self.select = "" if tag == "select" else self.select


def fields(page: str) -> list[tuple[str, str]]:
    """Name and value of every field of the builder."""
    form = Form()
    form.feed(page)
    return form.fields


def rows(page: str) -> list[tuple[str, str, str]]:
    """(fact, operator, value) of every row."""
    sent = MultiDict(fields(page))
    return list(zip(*(sent.getlist(f"b-{name}") for name in ("path", "operator", "value")), strict=True))


class Builder:
    """A page of the editor; what is changed on it is sent with the rest."""

    def __init__(self, browser: Browser, page: str) -> None:
        self.browser, self.page = browser, page
        self.sent: MultiDict[str, str] = MultiDict(fields(page))

    def set(self, name: str, number: int, value: str) -> None:
        values = self.sent.getlist(name)
        values[number] = value
        self.sent.setlist(name, values)

    def press(self, do: str, address: str = f"{ADDRESS}/build", text: str | None = None) -> Any:
        form = {**self.sent.to_dict(flat=False), "seen": seen_of(self.page), "do": do}
        answer = self.browser.post(address, {**form, "text": text or text_of(self.page)})
        self.page = answer.text
        self.sent = MultiDict(fields(self.page))
        return answer


def open_builder(console: Console, address: str = ADDRESS) -> Builder:
    browser = console.logged_in("author")
    return Builder(browser, browser.get(address).text)


def test_an_audience_is_shown_as_rows(console: Console) -> None:
    """Each comparison is a row with its fact's meaning; the whole catalogue is offered."""
    builder = open_builder(console)
    assert rows(builder.page) == [
        ("user.role", "$in", "admin, ops_manager"), ("account.motion", "=", "long_tail"),
        ("milestone.first_automation.progress", "$gte", "0.5"), ("milestone.first_automation.progress", "$lt", "1"),
    ]  # fmt: skip
    assert "Share of the steps done. Number, 0 to 1, such as 0.5." in builder.page
    assert '<option value="usage.report_export.days_28d">' in builder.page


def test_rows_are_put_into_the_text(console: Console) -> None:
    """Adding, filling and removing rows changes those lines of the text alone, and counts whom it reaches."""
    builder = open_builder(console)
    builder.press("b-row")
    assert text_of(builder.page) == files()[FILE] and len(rows(builder.page)) == 5
    builder.set("b-path", 4, "usage.report_export.days_28d")
    builder.set("b-operator", 4, "$gte")
    builder.press("write")
    assert "Not in the text before it has a value." in builder.page and text_of(builder.page) == files()[FILE]
    builder.set("b-value", 4, "many")
    builder.press("write")
    assert "Write a number" in builder.page and "until every condition is complete" in builder.page
    builder.set("b-value", 4, "3")
    builder.press("b-remove:1")
    without = files()[FILE].replace("  account.motion: long_tail\n", "", 1)
    line = "  milestone.first_automation.progress: {$gte: 0.5, $lt: 1}\n"
    assert text_of(builder.page) == without.replace(
        line, f"{line}  usage.report_export.days_28d: {{$gte: 3}}\n", 1
    )
    assert "match now" in builder.page
    assert draft_text(console) == files()[FILE]


def test_groups_and_what_joins_them(console: Console) -> None:
    """A group of alternatives inside conditions that all hold."""
    builder = open_builder(console)
    for do, number, path, value in (
        ("b-group", 4, "account.plan", "growth"),
        ("b-row:100", 5, "account.plan", "starter"),
    ):
        builder.press(do)
        builder.set("b-path", number, path)
        builder.set("b-value", number, value)
    builder.press("write")
    assert "  $or:\n    - {account.plan: growth}\n    - {account.plan: starter}\n" in text_of(builder.page)
    assert "Any of these holds" in builder.page


def test_saving_takes_the_rows_along(console: Console) -> None:
    """Rows that were not put into the text yet are saved with it; one that is not complete holds the save back."""
    builder = open_builder(console)
    builder.set("b-value", 1, "strategic")
    assert builder.press("", ADDRESS).status_code == 302
    assert draft_text(console) == files()[FILE].replace("motion: long_tail", "motion: strategic", 1)
    builder = open_builder(console)
    builder.set("b-path", 1, "account.moton.x.y.z")
    builder.set("b-path", 0, "usr.role")
    answer = builder.press("", ADDRESS)
    assert answer.status_code == 400 and "did you mean user.role" in answer.text
    assert "motion: strategic" in (draft_text(console) or "")


def test_what_was_written_by_hand_counts(console: Console) -> None:
    """When the text says something else than the rows were made of, the rows follow the text."""
    builder = open_builder(console)
    by_hand = files()[FILE].replace("motion: long_tail", "motion: strategic", 1)
    builder.press("write", text=by_hand)
    assert text_of(builder.page) == by_hand
    assert ("account.motion", "=", "strategic") in rows(builder.page)


def test_more_than_rows_can_show_is_left_to_the_text(console: Console) -> None:
    """The condition is shown in words instead, and nothing of it is changed."""
    builder = open_builder(console)
    deep = files()[FILE].replace("  account.motion: long_tail\n", "  $not: {account.motion: strategic}\n", 1)
    builder.press("write", text=deep)
    assert "This says more than rows can show" in builder.page and text_of(builder.page) == deep
    builder.press("write", text="a: [")
    assert "cannot be read just now" in builder.page


def test_a_play_gets_its_first_audience(console: Console) -> None:
    """Where no condition stands yet one can be made; files without any have no builder."""
    address = f"{MINE}/files/plays~2Fusage-drop.yaml"
    builder = open_builder(console, address)
    assert "Whom it is for" in builder.page
    builder.press("b-row", f"{address}/build")
    builder.set("b-path", 0, "account.plan")
    builder.set("b-value", 0, "growth")
    builder.press("write", f"{address}/build")
    assert text_of(builder.page).endswith("audience:\n  account.plan: growth\n")
    browser = console.logged_in("author")
    assert "b-path" not in browser.get(f"{MINE}/files/policy.yaml").text


def test_groups_patterns_and_versions_are_rows(console: Console) -> None:
    """A group is chosen among those that exist, a pattern keeps its limits, and all of it comes back as rows."""
    builder = open_builder(console)
    for path, operator, value in (
        ("account.segment", "$inGroup", "enterprise"),
        ("user.email", "$regex", "@acme[.]example$"),
        ("user.app_version", "$vgte", "2.10.0"),
    ):
        builder.press("b-row")
        last = len(rows(builder.page)) - 1
        builder.set("b-path", last, path)
        builder.press("refresh")
        builder.set("b-operator", last, operator)
        builder.set("b-value", last, value)
    builder.press("write")
    text = text_of(builder.page)
    assert "  account.segment: {$inGroup: enterprise}\n" in text and '{$vgte: "2.10.0"}' in text
    assert ("user.email", "$regex", "@acme[.]example$") in rows(builder.page)
    assert "match now" in builder.page and 'list="choices-list-group"' in builder.page
    builder.set("b-value", 4, "nobody")
    builder.set("b-value", 5, "(?=x)")
    builder.press("write")
    assert "There is no such group: " in builder.page and "bad pattern" in builder.page.lower()
    assert text_of(builder.page) == text


def test_a_saved_group_is_a_row(console: Console) -> None:
    """The groups of catalog.yaml that are conditions are offered; whom one reaches is counted with it put in."""
    browser = console.logged_in("author")
    catalog = f"{MINE}/files/catalog.yaml"
    group = "groups:\n  admins: {title: Administrators, when: {user.role: admin}}\n"
    page = browser.get(catalog).text
    browser.post(catalog, {"seen": seen_of(page), "text": files()["catalog.yaml"] + group})
    builder = open_builder(console)
    assert '<option value="$savedGroup">' in builder.page
    builder.press("b-row")
    builder.set("b-path", 4, "$savedGroup")
    builder.press("refresh")
    builder.set("b-value", 4, "admins")
    builder.press("write")
    assert "  $savedGroup: admins\n" in text_of(builder.page) and "match now" in builder.page
    assert ("$savedGroup", "=", "admins") in rows(builder.page)


def test_an_estimate_comes_first_and_then_the_exact_number(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script gets a sample with its interval at once and may ask for the count; a plain form counts."""
    monkeypatch.setattr("waypost_server.services.population.SAMPLE", 4)
    builder = open_builder(console)
    form = {**builder.sent.to_dict(flat=False), "seen": seen_of(builder.page), "text": text_of(builder.page)}
    plain = builder.browser.post(f"{ADDRESS}/check", {**form, "do": "count"}).text
    assert "match now" in plain and "by a sample of" not in plain
    first = builder.browser.post(f"{ADDRESS}/check", {**form, "do": "count"}, **{"X-Fragment": "1"}).text
    assert "data-more" in first and "by a sample of 4" in first and "about " in first
    then = builder.browser.post(f"{ADDRESS}/count", form).text
    assert "data-more" not in then and "by a sample" not in then and "match now" in then


def test_a_condition_on_the_page_takes_one(console: Console) -> None:
    """Without a page whoever matches on some page counts; with one it is judged there."""
    builder = open_builder(console)
    asks = files()[FILE].replace("  account.motion: long_tail\n", "  page.path: /reports\n", 1)
    assert 'name="page"' not in builder.page
    builder.press("write", text=asks)
    assert 'name="page"' in builder.page and ", on some page" in builder.page
    for path, said in (("/reports", True), ("/team", False)):
        form = {"seen": seen_of(builder.page), "text": asks, "do": "count", "page": path}
        page = builder.browser.post(f"{ADDRESS}/check", form).text
        assert "on some page" not in page and f'value="{path}"' in page
        assert ('<span class="value">0</span>' not in page) == said
