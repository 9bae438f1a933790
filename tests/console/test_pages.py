"""Every page: full, empty, bounded, isolated, escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, text, update

from tests.browser.console import pages
from tests.builders import add_workspace
from tests.console.conftest import Browser, Console
from tests.console.seed import add_people, seed
from tests.statements import statements
from waypost_server.console import cursors
from waypost_server.store.tables import (
    Account,
    Delivery,
    EndUser,
    Membership,
    MilestoneState,
    Quarantine,
    Task,
    Workspace,
)

LISTS = (
    "/",
    "/queue",
    "/queue?scope=team",
    "/queue?scope=team&view=snoozed",
    "/queue?scope=team&view=closed",
    "/nudges",
    "/plays",
    "/drafts",
    "/deliveries",
    "/approvals",
    "/workshops",
    "/deliveries?state=failed",
    "/accounts",
    "/accounts?sort=active&signal=open&motion=strategic",
    "/adoption",
    "/explain",
    "/settings",
    "/settings/keys",
    "/settings/people",
    "/settings/endpoints",
    "/settings/releases",
    "/settings/audit",
    "/settings/quarantine",
)
DETAILS = (
    "/tasks/t1",
    "/tasks/t2",
    "/tasks/t4",
    "/tasks/t4/draft",
    "/tasks/t4/draft/html",
    "/tasks/t6",
    "/nudges/automation-halfway",
    "/nudges/automation-halfway?lang=de",
    "/nudges/automation-halfway/funnel",
    "/plays/usage-drop",
    "/plays/automation-workshop",
    "/workshops/automation-basics",
    "/workshop-slots/w1",
    "/workshop-slots/w2",
    "/workshop-slots/w3",
    "/runs/r1",
    "/runs/r2",
    "/runs/r3",
    "/accounts/northwind",
    "/accounts/vellum",
    "/accounts/larkspur",
    "/users/fern-0",
    "/deliveries/d01",
    "/deliveries/d01/html",
    "/explain?user=tidewater-0",
    "/explain?user=tidewater-0&nudge=automation-halfway",
    "/explain?user=tidewater-0&at=2026-11-01T10:00",
    "/explain?user=tidewater-0&page=https://app.example/automations/7&locale=de&viewport=narrow&page_title=x",
    "/nudges/automation-halfway/funnel?page=/automations/7",
    "/explain?user=tidewater-0&at=tomorrow",
    "/explain?q=ada",
    "/settings/releases/1",
    "/nudges/automation-halfway/audience",
    "/drafts/spring",
    "/drafts/spring/discard",
    "/drafts/spring/publish",
    "/drafts/spring/files/policy.yaml",
    "/drafts/spring/files/policy.yaml/conflict",
)
MOST_QUERIES = 25


def ask(console: Console, browser: Browser, path: str) -> tuple[int, int]:
    """(status, statements) of one page."""
    with statements(console.runtime.db) as seen:
        answer = browser.get("/console" + path)
    return answer.status_code, len(seen)


def test_every_page_with_data_is_there_in_few_queries(console: Console) -> None:
    """Every page answers 200 with at most 25 statements, however many rows it shows."""
    browser = console.logged_in()
    found = {path: ask(console, browser, path) for path in (*LISTS, *DETAILS)}
    assert {path: status for path, (status, _) in found.items() if status != 200} == {}
    assert {path: count for path, (_, count) in found.items() if count > MOST_QUERIES} == {}


def test_every_list_is_there_when_empty(bare: Console) -> None:
    """A fresh workspace has no empty page without words on what it is for."""
    add_workspace(bare.runtime.db)
    bare.people = add_people(bare.runtime, "acme-prod")
    browser = bare.logged_in()
    for path in LISTS:
        answer = browser.get("/console" + path)
        assert answer.status_code == 200, path
    assert "Nothing is published yet" in browser.get("/console/").text


def test_pages_tell_the_story(console: Console) -> None:
    """The figures and reasons of the seed appear in words."""
    browser = console.logged_in("csm")
    home, queue = browser.get("/console/").text, browser.get("/console/queue").text
    assert "18,453" in home and "mails sent by plays" in home and "Overdue 1 d" in home
    assert "Usage fell by half · 97 % sure" in queue and "$186k" in queue and "Oct 26" in queue
    account = browser.get("/console/accounts/halden").text
    assert "27 days late" in account and "○ Launch it" in account and "✓ Create an automation" in account
    nudge = browser.get("/console/nudges/automation-halfway").text
    assert re.search(r"Shown \d+ times to \d+ people in 28 days", nudge)
    assert '<span class="chip">next step</span>' in nudge
    explained = browser.get("/console/explain?user=tidewater-0&nudge=automation-halfway").text
    assert "of users pass" in explained
    funnel = browser.get("/console/nudges/automation-halfway/funnel").text
    assert re.search(r"<h2>\d+ of \d+ users may see it now; most are stopped at audience</h2>", funnel)
    assert re.search(r'/console/explain\?user=[^"]+">[^<]+ [^<]+</a>', funnel), "examples by name"
    assert "Role is one of admin or ops manager" in explained and "saw admin" in explained


def test_two_workspaces_do_not_see_each_other(console: Console) -> None:
    """Another workspace's id reads like one that does not exist, on every page."""
    add_workspace(console.runtime.db, "other", name="Other")
    people, console.people = console.people, add_people(console.runtime, "other")
    stranger = console.logged_in(workspace_id="other")
    for path in DETAILS:
        if path.startswith("/explain"):
            assert "tidewater" not in stranger.get("/console" + path).text.replace("user=tidewater", "")
            continue
        theirs = stranger.get("/console" + path)
        absent = re.sub(
            r"(?<=^/drafts)/[^/]+|/[^/?]+(?=(/draft|/funnel|/audience)?(/html)?(\?.*)?$)",
            "/987654",
            path,
            count=1,
        )
        missing = stranger.get("/console" + absent)
        assert (theirs.status_code, theirs.text) == (404, missing.text), path
    for path in LISTS:
        page = stranger.get("/console" + path).text
        assert "Northwind" not in page and people["csm"] not in page, path
    answer = stranger.post("/console/tasks/t1/acknowledge", {"back": "/console/queue"})
    assert answer.status_code == 404


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}javascript:alert(1)"


def test_hostile_names_are_shown_as_text(console: Console) -> None:
    """Markup in names, ids, subjects, evidence and refused events is escaped everywhere."""
    with console.runtime.db.write() as session:
        session.execute(update(Account).values(name=HOSTILE, traits={HOSTILE: HOSTILE}))
        session.execute(update(EndUser).values(name=HOSTILE, email=HOSTILE, traits={HOSTILE: [HOSTILE]}))
        session.execute(update(Task).values(title=HOSTILE, draft=HOSTILE, evidence={"words": HOSTILE}))
        session.execute(update(Delivery).values(subject=HOSTILE, body=HOSTILE, recipient=HOSTILE))
        session.execute(update(Quarantine).values(body_head=HOSTILE, message=HOSTILE))
        session.execute(update(EndUser).where(EndUser.id == "fern-1").values(id=HOSTILE + "/../x"))
    browser = console.logged_in()
    for path in (*LISTS, *DETAILS):
        page = browser.get("/console" + path).text
        assert "<script>alert" not in page and "<img src=x" not in page, path
        assert 'href="javascript:' not in page, path
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style", page) or path.endswith("/html"), path
    page = browser.get("/console/explain?q=%3Cscript").text
    found = re.search(r'href="(/console/explain\?user=[^"]+)"', page)
    assert found is not None and browser.get(found[1].replace("&amp;", "&")).status_code == 200


def test_any_id_has_a_page(console: Console) -> None:
    """Ids are the customer's: slashes, dots and question marks survive the URL."""
    browser = console.logged_in()
    before = "cobalt"
    for odd in ("a/b", "..", "~2F", "ümlaut & space?#", "a//b/", "%2e%2e", "wp~"):
        with console.runtime.db.write() as session:
            session.execute(update(Account).where(Account.id == before).values(id=odd, name="Odd one"))
        before = odd
        page = browser.get("/console/accounts?q=Odd").text
        found = re.search(r'href="(/console/accounts/[^"?]+)"', page)
        assert found is not None
        answer = browser.get(found[1])
        assert answer.status_code == 200 and "Odd one" in answer.text, odd


@pytest.mark.parametrize("path", ["/console/accounts", "/console/explain"])
def test_search_reads_wildcards_literally(console: Console, path: str) -> None:
    """`%`, `_` and quotes find themselves, not everything."""
    browser = console.logged_in()
    for term in ("%", "_", "\\", "' OR 1=1--", "%25", "\x00"):
        answer = browser.client.get(path, base_url="http://127.0.0.1:7400", query_string={"q": term})
        assert answer.status_code == (400 if term == "\x00" else 200)
        assert "Northwind" not in answer.text
    with console.runtime.db.write() as session:
        session.execute(update(Account).where(Account.id == "cobalt").values(name="100 % of_it\\"))
    for found in ("100 %", "of_it", "\\"):
        page = browser.client.get(
            "/console/accounts", base_url="http://127.0.0.1:7400", query_string={"q": found}
        )
        assert "100 % of_it" in page.text and "Northwind" not in page.text


def test_odd_addresses_are_never_a_server_error(console: Console) -> None:
    """NUL, broken escapes and huge numbers in any place read as missing or bad, on both databases."""
    browser = console.logged_in()
    odd = ("%00", "%ff%fe", "%ED%A0%80", "9" * 400, "%C2%85", "..%2f..%2fetc")
    for path in (
        "/tasks/",
        "/nudges/",
        "/plays/",
        "/runs/",
        "/accounts/",
        "/users/",
        "/deliveries/",
        "/settings/releases/",
        "/drafts/",
        "/drafts/marta@acme.example/files/policy.yaml/conflict/",
    ):
        for each in odd:
            assert browser.get(f"/console{path}{each}").status_code in (400, 404), (path, each)
    names = (
        "task",
        "view",
        "scope",
        "after",
        "state",
        "segment",
        "owner",
        "q",
        "user",
        "nudge",
        "code",
        "lang",
    )
    for path in LISTS:
        for each in odd[:2]:
            query = "&".join(f"{name}={each}" for name in names)
            assert browser.get(f"/console{path.split('?')[0]}?{query}").status_code in (200, 400), path


def test_lists_go_on_where_they_stopped(console: Console) -> None:
    """Walking the keyset pages shows every account once, in both orders; a broken cursor starts again."""
    with console.runtime.db.write() as session:
        session.execute(
            text(
                "insert into account (workspace_id, id, name, traits, traits_at, first_day, last_day) "
                "values ('acme-prod', :id, :name, '{}', '{}', '2026-01-01', :day)"
            ),
            [
                {"id": f"n{n:03}", "name": f"Same {n % 7}", "day": f"2026-10-{n % 28 + 1:02}"}
                for n in range(95)
            ],
        )
    browser = console.logged_in()
    for sort in ("name", "active"):
        seen: list[str] = []
        path: str | None = f"/console/accounts?sort={sort}"
        while path:
            page = browser.get(path).text
            seen += re.findall(r'class="row" href="/console/accounts/([^"?]+)"', page)
            older = re.search(r'href="([^"]+)" rel="next"', page)
            path = older[1].replace("&amp;", "&") if older else None
        assert len(seen) == len(set(seen)) == 105
    for broken in (
        "x",
        "e30",
        cursors.write(1, 2),
        cursors.write("\x00", "x"),
        cursors.write(2**80),
        "9" * 3000,
    ):
        assert browser.get(f"/console/accounts?after={broken}").status_code == 200
        assert browser.get(f"/console/queue?scope=team&after={broken}").status_code == 200
        assert browser.get(f"/console/settings/quarantine?after={broken}").status_code == 200


def test_every_answer_carries_the_security_headers(console: Console) -> None:
    """Pages, errors and mails are under a strict policy; mails in a sandbox of their own."""
    browser = console.logged_in()
    for path in ("/", "/nope", "/deliveries/d01", "/settings"):
        headers = browser.get("/console" + path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    mail = browser.get("/console/deliveries/d01/html").headers["Content-Security-Policy"]
    assert mail.startswith("sandbox;") and "script-src" not in mail


def test_seeding_two_workspaces_keeps_them_apart(console: Console) -> None:
    """The same ids in two workspaces show each its own name."""
    seed(console.runtime, "second", name="Second")
    with console.runtime.db.write() as session:
        session.execute(
            update(Account)
            .where(Account.workspace_id == "second", Account.id == "northwind")
            .values(name="Northwind of the second")
        )
    browser = console.logged_in()
    assert "of the second" not in browser.get("/console/accounts").text
    assert "of the second" not in browser.get("/console/accounts/northwind").text


def test_the_side_bar_says_where_one_is(console: Console) -> None:
    """Every page marks exactly one line; a page that does not exist marks none."""
    browser = console.logged_in()
    marked = {
        path: re.findall(r'<li><a href="[^"]+" aria-current="page">', browser.get(path).text)
        for path in pages.inside(console)
    }
    assert len(marked.pop("/console/missing")) == 0
    # the menu of narrow screens and the side bar
    assert {path: found for path, found in marked.items() if len(found) != 2} == {}


def test_a_slot_tells_its_time_where_the_reader_is_and_where_it_is(console: Console) -> None:
    """The workspace's time in full, and below it the time in the zone of the slot."""
    page = console.logged_in().get("/console/workshops/automation-basics").text
    assert "Dec 2, 2026, 10:00 UTC</a>" in page and "11:00 in Europe/Berlin" in page


def test_news_in_the_feed_is_told_as_shown(console: Console) -> None:
    """It competes for no place and so has no rank; that does not mean that something holds it."""
    browser = console.logged_in()
    alone = browser.get("/console/explain?user=fern-0&nudge=schedule-news").text
    assert "may see it now" in alone and "In the feed" in alone
    assert "Held: <" not in browser.get("/console/explain?user=fern-0").text


def test_after_a_task_one_is_back_in_the_queue(console: Console) -> None:
    """From a task's own page too, which knows no page before it."""
    browser = console.logged_in("csm")
    page = browser.get("/console/tasks/t2").text
    back = re.search(r'name="back" value="([^"]+)"', page)
    assert back and back[1] == "/console/queue"


def test_an_address_that_leads_nowhere_leads_to_the_console(console: Console) -> None:
    """Outside the console too, a page in plain words; the API keeps its problem details."""
    answer = console.browser().get("/nothing")
    assert answer.status_code == 404 and "There is nothing here" in answer.text and "/console/" in answer.text
    assert console.browser().get("/v1/nothing").mimetype == "application/problem+json"


def test_what_holds_a_nudge_is_told_in_sentences(console: Console) -> None:
    """How often, when last, and when again; not the names of the numbers."""
    page = console.logged_in().get("/console/explain?user=tidewater-0&nudge=automation-halfway").text
    assert "Shown 7 times, last on Nov 21, 2026" in page and "At most 3 times." in page
    assert "7 days apart: not before Nov 28, 2026" in page and "cooldown" not in page


def test_a_milestone_is_reached_on_a_day_of_the_workspace(console: Console) -> None:
    """Evening in UTC is the next morning in Auckland: the account's first day, and no day before it."""
    with console.runtime.db.write() as session:
        account, milestone = session.execute(
            select(MilestoneState.account_id, MilestoneState.milestone)
            .where(MilestoneState.user_id == "", MilestoneState.reached_at.is_not(None))
            .order_by(MilestoneState.account_id)
            .limit(1)
        ).one()
        first_day = session.get_one(Account, ("acme-prod", account)).first_day
        evening = datetime.combine(first_day - timedelta(days=1), time(22), UTC)
        session.execute(update(Workspace).values(timezone="Pacific/Auckland"))
        session.execute(
            update(MilestoneState)
            .where(MilestoneState.account_id == account, MilestoneState.milestone == milestone)
            .values(reached_at=evening)
        )
    assert "reached on day 0" in console.logged_in().get(f"/console/accounts/{account}").text


def test_a_role_has_one_name(console: Console) -> None:
    """The catalogue's, wherever a person or a group of them is shown."""
    browser = console.logged_in()
    with console.runtime.db.read() as session:
        query = (
            select(Membership.user_id).where(Membership.role == "ops_manager").order_by(Membership.user_id)
        )
        person = session.scalars(query.limit(1)).one()
    for path in (
        "/console/accounts/northwind",
        f"/console/users/{person}",
        f"/console/explain?user={person}",
    ):
        text = browser.get(path).text
        assert "Operations manager" in text and "Ops manager" not in text, path
