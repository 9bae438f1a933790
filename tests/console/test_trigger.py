"""What starts a play, as fields of the editor's page: signal, condition or person, and how often."""

from __future__ import annotations

import pytest

from tests.console.conftest import Console
from tests.console.seed import files
from tests.console.test_builder import Builder, open_builder
from tests.console.test_drafts import MINE, draft_text, seen_of, text_of

FILE = "plays/usage-drop.yaml"
ADDRESS = f"{MINE}/files/plays~2Fusage-drop.yaml"
TEXT = files()[FILE]
ON = "on: {signal: usage_decay, severity: {$gte: 0.6}}"

pytestmark = pytest.mark.parametrize(
    "seeded_copy", ["sqlite"], indirect=True
)  # fields never reach the database


def press(builder: Builder, do: str) -> None:
    builder.press(do, f"{ADDRESS}/build")


def test_a_signal_is_fields(console: Console) -> None:
    """Which signal, how severe, how often: each changes its own part of the text, and the milestone is chosen."""
    builder = open_builder(console, ADDRESS)
    assert ON in TEXT and builder.sent["t-start"] == "signal:usage_decay"
    assert "How bad it is; 0 when none is open. Number, 0 to 1" in builder.page  # the catalogue's words
    builder.set("t-value", 0, "60")
    press(builder, "write")
    assert "Write a share from 0 to 1" in builder.page and text_of(builder.page) == TEXT
    builder.set("t-value", 0, "0.8")
    press(builder, "t-row")
    builder.set("t-operator", 1, "$lt")
    builder.set("t-value", 1, "0.9")
    press(builder, "write")
    assert text_of(builder.page) == TEXT.replace("{$gte: 0.6}", "{$gte: 0.8, $lt: 0.9}")
    builder.sent["t-start"] = "signal:milestone_overdue"
    press(builder, "refresh")
    builder.sent["t-milestone"] = "first_automation"
    press(builder, "refresh")
    on = "on: {signal: milestone_overdue, milestone: first_automation}"
    assert text_of(builder.page) == TEXT.replace(ON, on)
    builder.sent["t-start"] = "person"
    press(builder, "refresh")
    assert text_of(builder.page) == TEXT.replace(ON, "on: {person: true}")


def test_a_condition_that_becomes_true_is_rows(console: Console) -> None:
    """The text waits until there is a condition; the subject and the limit stand behind it."""
    builder = open_builder(console, ADDRESS)
    builder.sent["t-start"] = "condition"
    press(builder, "refresh")
    assert "say what becomes true" in builder.page and text_of(builder.page) == TEXT
    builder.set("t-path", 0, "account.plan")
    builder.set("t-value", 0, "growth")
    builder.sent["t-subject"] = "user"
    builder.sent["t-often"] = "once"
    press(builder, "write")
    text = text_of(builder.page)
    assert "on: {condition: {account.plan: growth}}\n" in text and "subject: user\n" in text
    assert "enrol: once\n" in text and "every_days" not in text
    assert 'value="on condition"' not in builder.page and "What becomes true" in builder.page
    builder.sent["t-often"] = "limit"
    press(builder, "refresh")
    text = text.replace("enrol: once", "enrol: {max: 1, per: 30d}")
    builder.sent["t-times"], builder.sent["t-length"], builder.sent["t-unit"] = "0", "2", "w"
    press(builder, "refresh")
    assert "whole number from 1" in builder.page and text_of(builder.page) == text
    builder.sent["t-times"] = "3"
    assert builder.press("", ADDRESS).status_code == 302
    assert "enrol: {max: 3, per: 2w}\n" in (draft_text(console, FILE) or "")


def test_what_the_fields_do_not_know_stays(console: Console) -> None:
    """Comments, a condition deeper than rows, a start that is none: shown as what they are, and never lost."""
    browser = console.logged_in("author")
    deep = TEXT.replace(ON, "on:\n  # why\n  condition: {$not: {account.plan: growth}}")
    seen = seen_of(browser.get(ADDRESS).text)
    builder = Builder(browser, browser.post(f"{ADDRESS}/check", {"seen": seen, "text": deep}).text)
    assert "says more than rows can show" in builder.page
    builder.sent["t-often"] = "once"
    press(builder, "write")
    assert "  # why\n  condition: {$not: {account.plan: growth}}\n" in text_of(builder.page)
    assert "enrol: once\n" in text_of(builder.page)
    none = browser.post(f"{ADDRESS}/check", {"seen": seen, "text": TEXT.replace(ON, "on: {}")}).text
    assert "names no single start" in none and "t-start" not in none
    by_hand = TEXT.replace("0.6", "0.7")
    builder = open_builder(console, ADDRESS)
    builder.set("t-value", 0, "0.9")
    builder.press("write", f"{ADDRESS}/build", text=by_hand)
    assert text_of(builder.page) == by_hand
