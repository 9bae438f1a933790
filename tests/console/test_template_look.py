"""A template in the editor as the mail or task that it becomes: what is on the page, nothing stored, nothing sent."""

from __future__ import annotations

import html
import re

import pytest

from tests.console.conftest import Console
from tests.console.seed import files
from tests.console.test_drafts import MINE, draft_text, seen_of
from waypost_server.console.headers import MAIL_POLICY

FILE = "templates/usage-drop-tips.md"
ADDRESS = f"{MINE}/files/templates~2Fusage-drop-tips.md"
TEXT = """---
subject: For {{ account.name }}
---
Hello {{ user.name | first_word }}, **bold**.
? Nobody knows {{ user.shoe_size }}.
<script>alert(1)</script>
"""

pytestmark = pytest.mark.parametrize("seeded_copy", ["sqlite"], indirect=True)  # the reads are those of plays


def test_a_template_is_shown_as_the_mail_of_a_chosen_user(console: Console) -> None:
    """Subject, text, numbers and left-out lines of the text on the page; HTML alone, inert, in its frame."""
    browser = console.logged_in("author")
    page = browser.get(ADDRESS)
    assert "As a mail" in page.text and "frame-src 'self'" in page.headers["Content-Security-Policy"]
    form = {"seen": seen_of(page.text), "text": TEXT, "do": "mail", "m-user": "ada", "m-width": "narrow"}
    name, account = "Jonas Weiß", "Tidewater Supply"
    form["m-user"] = "jonas@tidewater.example"
    shown = html.unescape(browser.post(f"{ADDRESS}/check", form).text)
    assert f"For {account}" in shown and "Hello Jonas, bold." in shown and "1 line left out" in shown
    assert "Nobody knows {{ user.shoe_size }}." in shown and name in shown
    assert re.search(r'value="narrow" form="editor" checked', shown)
    framed = browser.post(f"{ADDRESS}/mail", form)
    assert "<strong>bold</strong>" in framed.text and "<script" not in framed.text
    assert framed.headers["Content-Security-Policy"] == MAIL_POLICY
    assert draft_text(console, FILE) == files()[FILE]


def test_why_there_would_be_no_mail(console: Console) -> None:
    """A missing value without a default, nobody of that name, a text that cannot be read: each is said."""
    browser = console.logged_in("author")
    seen = seen_of(browser.get(ADDRESS).text)

    def shown(text: str, user: str = "jonas@tidewater.example") -> str:
        form = {"seen": seen, "text": text, "do": "mail", "m-user": user}
        return html.unescape(browser.post(f"{ADDRESS}/check", form).text)

    needs = TEXT.replace("? Nobody", "Nobody")
    assert "a value is missing: user.shoe_size" in shown(needs)
    assert "No user matches" in shown(TEXT, "nobody at all")
    assert "As a mail" not in shown("no front matter")
    assert (
        browser.post(
            f"{ADDRESS}/mail", {"seen": seen, "text": needs, "m-user": "jonas@tidewater.example"}
        ).text
        == ""
    )


def test_a_viewer_sees_no_draft(console: Console) -> None:
    """Writing, and reading somebody's words before they are published, needs an author."""
    browser = console.logged_in("viewer")
    assert browser.post(f"{ADDRESS}/mail", {"text": TEXT}).status_code == 403


def test_a_template_of_tasks_alone_is_shown_as_a_task(console: Console) -> None:
    """Title, what the CSM should know, and the draft; a run about the account knows no user."""
    browser = console.logged_in("author")
    address = f"{MINE}/files/templates~2Fusage-drop-brief.md"
    page = browser.get(address)
    assert "As a task" in page.text and "As a mail" not in page.text and "<iframe" not in page.text
    text = "---\nsubject: Call {{ account.name }}\n---\nAsk *first*.\n\n---\n\nHello, *how* are you?\n"
    form = {"seen": seen_of(page.text), "text": text, "do": "mail", "m-user": "jonas@tidewater.example"}
    shown = html.unescape(browser.post(f"{address}/check", form).text)
    for words in ("Call Tidewater Supply", "Before you write", "Ask *first*.", "Hello, *how* are you?"):
        assert words in shown
    form["text"] = text.replace("Ask", "Ask {{ user.name }}")
    shown = html.unescape(browser.post(f"{address}/check", form).text)
    assert "a value is missing: user.name. Its run is about the account" in shown
