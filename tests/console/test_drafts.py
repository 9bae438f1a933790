"""Writing in the console: edit, check, save, clash, publish, take back."""

from __future__ import annotations

import html
import re

from tests.console.conftest import Browser, Console
from tests.console.seed import files
from waypost_server.services.draft import open_draft
from waypost_server.services.publish import publish
from waypost_server.store import audit

MINE = "/console/drafts/arif@acme.example"
FILE = "in-app/automation-halfway.yaml"
ADDRESS = f"{MINE}/files/in-app~2Fautomation-halfway.yaml"
SEEN = re.compile(r'name="seen" value="([0-9a-f]*)"')


def text_of(page: str) -> str:
    """What a browser would show in the text field."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def seen_of(page: str) -> str:
    found = SEEN.search(page)
    assert found is not None
    return found[1]


def as_sent(text: str) -> str:
    """Browsers send every line end as CR LF."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def author(console: Console) -> tuple[Browser, str]:
    """Arif, and the editor of a nudge in his draft."""
    browser = console.logged_in("author")
    return browser, browser.get(ADDRESS).text


def draft_text(console: Console, file: str = FILE) -> str | None:
    return open_draft(console.runtime, "acme-prod", "arif@acme.example").text_of(file)


def test_from_a_nudge_to_a_release(console: Console) -> None:
    """Edit leads to the text; saving keeps it byte for byte; publishing says what changes and is written down."""
    browser = console.logged_in("author")
    assert f'href="{ADDRESS.replace("@", "%40")}"' in browser.get("/console/nudges/automation-halfway").text
    page = browser.get(ADDRESS).text
    assert text_of(page) == files()[FILE]
    changed = files()[FILE].replace("max: 3", "max: 2")
    saved = browser.post(ADDRESS, {"seen": seen_of(page), "text": as_sent(changed)})
    assert saved.status_code == 302
    assert draft_text(console) == changed
    assert "Saved in the draft." in browser.get(ADDRESS).text
    assert "1 file edited" in browser.get(MINE).text
    plan = browser.get(f"{MINE}/publish").text
    assert "frequency.max" in plan and "None moves, none ends." in plan
    done = browser.post(f"{MINE}/publish", {"seen": seen_of(plan), "message": "Less often"})
    assert done.headers["Location"] == "/console/settings/releases/2"
    assert "Less often" in browser.get("/console/settings/releases/2").text
    assert "0 files edited" in browser.get(MINE).text
    with console.runtime.db.read() as session:
        said = [(row.action, row.actor) for row in audit.page(session, "acme-prod", limit=2)]
    assert said == [("release.publish", "arif@acme.example"), ("draft.save", "arif@acme.example")]


def test_checking_saves_nothing(console: Console) -> None:
    """The text is read and tried as it is on the page: findings with their line, failing cases, the new look."""
    browser, page = author(console)
    broken = files()[FILE].replace("user.role:", "usr.role:").replace("You're halfway", "You are halfway")
    answer = browser.post(f"{ADDRESS}/check", {"seen": seen_of(page), "text": as_sent(broken)})
    assert answer.status_code == 200
    assert "did you mean user.role" in answer.text and 'class="error"' in answer.text
    assert "1 of 5 cases fail" in answer.text and "You are halfway" in answer.text
    assert text_of(answer.text) == broken and "Not saved" in answer.text
    assert draft_text(console) == files()[FILE]
    part = browser.post(f"{ADDRESS}/check", {"text": broken, "do": "count"}, **{"X-Fragment": "1"})
    assert "<html" not in part.text and "did you mean user.role" in part.text
    counted = browser.post(f"{ADDRESS}/check", {"text": files()[FILE], "do": "count"}, **{"X-Fragment": "1"})
    assert "match now" in counted.text


def test_broken_words_are_found_while_writing(console: Console) -> None:
    """A template that cannot be rendered is an error of the file at hand, in a nudge and in a mail."""
    browser, page = author(console)
    broken = files()[FILE].replace("title: You're halfway", "title: {{ milestone.nope.done }} halfway", 1)
    answer = browser.post(f"{ADDRESS}/check", {"seen": seen_of(page), "text": broken})
    assert "to fix" in answer.text and "nope" in answer.text
    mail = f"{MINE}/files/templates~2Fusage-drop-tips.md"
    text = text_of(browser.get(mail).text)
    assert "to fix" in browser.post(f"{mail}/check", {"text": f"{text}\n{{{{ user.nme }}\n"}).text


def test_two_tabs_show_both_texts(console: Console) -> None:
    """Saving over a text one has not seen keeps both on the page; then one is chosen."""
    browser, page = author(console)
    first, second = (
        files()[FILE].replace("priority: deepen", f"priority: {each}") for each in ("start", "announce")
    )
    browser.post(ADDRESS, {"seen": seen_of(page), "text": first})
    clash = browser.post(ADDRESS, {"seen": seen_of(page), "text": second})
    assert clash.status_code == 409
    assert text_of(clash.text) == second and "priority: start" in clash.text
    assert draft_text(console) == first
    assert browser.post(ADDRESS, {"seen": seen_of(clash.text), "text": second}).status_code == 302
    assert draft_text(console) == second


def test_a_file_that_changed_twice_is_decided_by_a_person(console: Console) -> None:
    """The draft names the file, shows both changes, and cannot be published before one is chosen."""
    browser, page = author(console)
    mine, theirs = (files()[FILE].replace("max: 3", f"max: {each}") for each in (2, 4))
    browser.post(ADDRESS, {"seen": seen_of(page), "text": mine})
    seen = seen_of(browser.get(f"{MINE}/publish").text)
    publish(console.runtime, "acme-prod", {**files(), FILE: theirs}, author="marta@acme.example")
    shown = browser.get(MINE).text
    assert "1 file changed in release 2 too" in shown and "Publish…" not in shown
    both = browser.get(f"{ADDRESS}/conflict").text
    assert "max: 2" in both and "max: 4" in both
    plan = browser.get(f"{MINE}/publish").text
    assert "which text stays" in plan and "Decide…" in plan and 'name="message"' not in plan
    late = browser.post(f"{MINE}/publish", {"seen": seen, "message": "m"})
    assert late.status_code == 409 and "Not published" in late.text and "Decide…" in late.text
    browser.post(f"{ADDRESS}/keep", {"seen": seen_of(both)})
    assert "Publish…" in browser.get(MINE).text


def test_new_deleted_and_discarded(console: Console) -> None:
    """A first draft is valid as it stands; deleting is an edit; discarding asks once and brings back."""
    browser, page = author(console)
    browser.get(MINE)
    started = browser.post(f"{MINE}/new", {"kind": "banner", "key": "spring-news", "title": 'What: "now"'})
    assert started.headers["Location"].endswith("/files/in-app~2Fspring-news.yaml")
    assert "Nothing to fix" in browser.get(started.headers["Location"]).text
    again = browser.post(f"{MINE}/new", {"kind": "banner", "key": "spring-news"})
    assert again.status_code == 400 and "is there already" in again.text
    assert browser.post(f"{MINE}/new", {"kind": "banner", "key": "Bad Key"}).status_code == 400
    browser.post(f"{ADDRESS}/delete", {"seen": seen_of(page)})
    assert draft_text(console) is None
    asked = browser.get(f"{MINE}/discard?file={FILE}").text
    assert "Discard the edit of" in asked
    browser.post(f"{MINE}/discard", {"file": FILE, "seen": seen_of(asked)})
    assert draft_text(console) == files()[FILE]
    back = browser.post(ADDRESS, {"seen": seen_of(browser.get(ADDRESS).text), "text": files()[FILE]})
    assert back.headers["Location"] == MINE.replace("@", "%40")
    browser.post(f"{MINE}/discard")
    assert "0 files edited" in browser.get(MINE).text


def test_strategic_accounts_need_an_approver(console: Console) -> None:
    """A draft whose automated step would newly reach strategic accounts is refused to an author, named to all."""
    browser = console.logged_in("author")
    address = f"{MINE}/files/plays~2Fusage-drop.yaml"
    page = browser.get(address).text
    text = files()["plays/usage-drop.yaml"]
    start = text.index("strategic:")
    text = text[:start] + "strategic:\n  - email: {template: usage-drop-tips, to: {role: admin}}\n"
    browser.post(address, {"seen": seen_of(page), "text": text})
    plan = browser.get(f"{MINE}/publish").text
    assert "Strategic accounts would newly get automated steps" in plan and "role approver" in plan
    form = {"seen": seen_of(plan), "message": "all"}
    assert browser.post(f"{MINE}/publish", form).status_code == 409
    assert browser.post(f"{MINE}/publish", {**form, "accept": "yes"}).status_code == 403
    chief = console.logged_in("admin")
    chief.get(f"{MINE}/publish")
    assert chief.post(f"{MINE}/publish", {**form, "accept": "yes"}).status_code == 302


def test_viewers_read_and_change_nothing(console: Console) -> None:
    """A viewer sees what is being edited, and no deed of the editor is open to them."""
    browser = console.logged_in("viewer")
    assert "reworded" in browser.get("/console/drafts/spring").text
    for path in ("/files/policy.yaml", "/publish", "/files/policy.yaml/conflict", "/discard"):
        assert browser.get(f"/console/drafts/spring{path}").status_code == 403, path
    for path in ("/files/policy.yaml", "/files/policy.yaml/check", "/files/policy.yaml/delete", "/new", "/discard",
                 "/publish", "/files/policy.yaml/keep"):  # fmt: skip
        assert browser.post(f"/console/drafts/spring{path}").status_code == 403, path
