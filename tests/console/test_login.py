"""Entering and leaving the console."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.builders import WORKSPACE, add_workspace
from tests.console.conftest import ORIGIN, Console
from tests.console.seed import PASSWORD, add_people
from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.console_login import make_login_link
from waypost_server.services.console_users import change_role, disable_console_user
from waypost_server.store import console_users
from waypost_server.store.tables import Audit, ConsoleSession

COOKIE = "waypost_session"


@pytest.fixture
def entrance(bare: Console) -> Console:
    """A console with people and nothing else."""
    add_workspace(bare.runtime.db)
    bare.people = add_people(bare.runtime, WORKSPACE)
    return bare


def link(console: Console, role: str = "admin") -> str:
    return make_login_link(console.runtime, WORKSPACE, console.people[role]).removeprefix(ORIGIN)


def cookie(browser) -> str | None:
    found = browser.client.get_cookie(COOKIE, domain="127.0.0.1")
    return found.value if found else None


def guess(browser, password: str, email: str = "marta@acme.example"):
    return browser.post("/console/login", {"email": email, "password": password})


def test_a_link_logs_in_once_only(entrance: Console) -> None:
    """The second POST of a login link is refused, and looking at it (GET) never uses it up."""
    url, first, second = link(entrance), entrance.browser(), entrance.browser()
    for _ in range(3):
        assert "Hello, Marta Jansen" in first.get(url).text
    second.get(url)
    assert first.post(url).status_code == 302
    assert first.get("/console/").status_code == 200
    assert second.post(url).status_code == 410
    assert second.get(url).status_code == 410
    assert second.get("/console/").status_code == 302


def test_a_link_expires(entrance: Console) -> None:
    """After an hour a link reads exactly like one that never existed."""
    url, browser = link(entrance), entrance.browser()
    browser.get(url)
    entrance.clock.move(minutes=61)
    expired, unknown = browser.post(url), browser.get("/console/login/link/never-made")
    assert (expired.status_code, unknown.status_code) == (410, 410)
    assert expired.text == unknown.text


def test_a_password_logs_in(entrance: Console) -> None:
    """The right password opens a session under a cookie that scripts cannot read."""
    browser = entrance.browser()
    browser.get("/console/login")
    answer = guess(browser, PASSWORD)
    assert answer.status_code == 302
    sent = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith(COOKIE))
    assert "HttpOnly" in sent and "SameSite=Lax" in sent and "Path=/" in sent
    assert browser.get("/console/").status_code == 200


def test_over_https_the_cookie_is_bound_to_the_host(entrance: Console) -> None:
    """With an https address the cookie carries the __Host- prefix and is Secure."""
    from dataclasses import replace

    origin = "https://waypost.example"
    entrance.app.extensions["waypost"] = replace(entrance.runtime, base_url=origin)
    client = entrance.app.test_client()
    url = link(entrance)
    page = client.get(url, base_url=origin).text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    answer = client.post(url, base_url=origin, data={"csrf": token}, headers={"Origin": origin})
    sent = [
        value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-waypost_session=")
    ]
    assert sent and "Secure" in sent[0] and "Domain" not in sent[0]


def test_wrong_passwords_and_unknown_people_read_the_same(entrance: Console) -> None:
    """Neither the words nor the status tell whether an e-mail is known."""
    browser = entrance.browser()
    browser.get("/console/login")
    known = guess(browser, "wrong")
    unknown = guess(browser, "wrong", "nobody@acme.example")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("marta@", "nobody@") == unknown.text


@pytest.mark.slow
def test_guessing_is_slowed_down_but_not_in_a_known_browser(entrance: Console) -> None:
    """After ten tries strangers are refused, known person or not; where the person logged in before, they get in."""
    known, stranger = entrance.browser(), entrance.browser()
    known.get("/console/login")
    assert guess(known, PASSWORD).status_code == 302
    known.get("/console/")
    known.post("/console/logout")
    stranger.get("/console/login")
    codes = [guess(stranger, "wrong").status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    assert guess(stranger, PASSWORD).status_code == 429
    assert [guess(stranger, "wrong", "nobody@acme.example").status_code for _ in range(11)] == codes
    known.get("/console/login")
    assert guess(known, PASSWORD).status_code == 302
    entrance.clock.move(minutes=16)
    assert guess(stranger, PASSWORD).status_code == 302


def test_a_browser_keeps_its_mark_to_itself(entrance: Console) -> None:
    """The mark of a browser that logged in is out of reach of scripts and other sites, and outlives logging out."""
    browser = entrance.browser()
    url = link(entrance)
    browser.get(url)
    sent = [
        each
        for each in browser.post(url).headers.getlist("Set-Cookie")
        if each.startswith("waypost_browser=")
    ]
    assert "HttpOnly" in sent[0] and "SameSite=Strict" in sent[0] and "Max-Age=15552000" in sent[0]
    browser.get("/console/")
    browser.post("/console/logout")
    assert browser.client.get_cookie("waypost_browser", domain="127.0.0.1") is not None


def test_a_planted_session_is_not_adopted(entrance: Console) -> None:
    """A cookie set before login is replaced; a session the browser had before ends (no fixation)."""
    browser = entrance.browser()
    browser.client.set_cookie(COOKIE, "planted", domain="127.0.0.1")
    url = link(entrance)
    browser.get(url)
    browser.post(url)
    first = cookie(browser)
    assert first not in (None, "planted")
    url = link(entrance)
    browser.get(url)
    browser.post(url)
    assert cookie(browser) != first
    other = entrance.browser()
    other.client.set_cookie(COOKIE, str(first), domain="127.0.0.1")
    assert other.get("/console/").status_code == 302


def test_logging_out_ends_the_session_on_the_server(entrance: Console) -> None:
    """After logging out, the old cookie is worth nothing."""
    browser = entrance.logged_in()
    old = cookie(browser)
    browser.get("/console/")
    assert browser.post("/console/logout").status_code == 302
    assert cookie(browser) is None
    browser.client.set_cookie(COOKIE, str(old), domain="127.0.0.1")
    assert browser.get("/console/").status_code == 302


@pytest.mark.parametrize(
    ("moves", "alive"), [([11], True), ([13], False), ([11] * 15, True), ([11] * 16, False)]
)
def test_sessions_end_when_idle_or_a_week_old(entrance: Console, moves: list[int], alive: bool) -> None:
    """Twelve hours without a request, or seven days in all, end a session."""
    browser = entrance.logged_in()
    for hours in moves:
        entrance.clock.move(hours=hours)
        status = browser.get("/console/").status_code
    assert (status == 200) is alive


def test_disabling_a_person_ends_their_sessions(entrance: Console) -> None:
    """A disabled person is out at the next request, and their links are dead."""
    csm, admin = entrance.logged_in("csm"), entrance.logged_in()
    pending = link(entrance, "csm")
    path = f"/console/settings/people/{entrance.people['csm']}/disable"
    admin.get(path)
    assert admin.post(path).status_code == 302
    assert csm.get("/console/").status_code == 302
    assert entrance.browser().get(pending).status_code == 410


def test_another_role_holds_at_once(entrance: Console) -> None:
    """From the next request on, without logging in again; only an administrator gives one, and it is written down."""
    csm, admin = entrance.logged_in("csm"), entrance.logged_in()
    people, path = "/console/settings/people", f"/console/settings/people/{entrance.people['csm']}/role"
    csm.get("/console/me")
    assert csm.post(path, {"role": "admin"}).status_code == 403
    admin.get(people)
    assert admin.post(path, {"role": "root"}).status_code == 400
    assert csm.get("/console/settings/audit").status_code == 403
    assert admin.post(path, {"role": "admin"}).status_code == 302
    assert csm.get("/console/settings/audit").status_code == 200
    assert admin.post(path, {"role": "viewer"}).status_code == 302
    assert csm.get("/console/settings/audit").status_code == 403
    with entrance.runtime.db.read() as session:
        rows = session.scalars(
            select(Audit).where(Audit.action == "console_user.role").order_by(Audit.id)
        ).all()
    assert [(each.before, each.after) for each in rows] == [
        ({"role": "csm"}, {"role": "admin"}),
        ({"role": "admin"}, {"role": "viewer"}),
    ]


def test_somebody_who_was_disabled_is_let_in_again(entrance: Console) -> None:
    """With the password and the role of before, and once: who is not shut out cannot be let in."""
    admin, csm = entrance.logged_in(), entrance.people["csm"]
    people = f"/console/settings/people/{csm}"
    admin.get("/console/settings/people")
    admin.post(f"{people}/disable")
    with pytest.raises(NotFoundError):
        entrance.logged_in("csm")
    assert "Let in again" in admin.get("/console/settings/people").text
    assert admin.post(f"{people}/enable").status_code == 302
    assert entrance.logged_in("csm").get("/console/queue").status_code == 200
    assert admin.post(f"{people}/enable").status_code == 404
    with entrance.runtime.db.read() as session:
        query = select(Audit.action).where(Audit.object == csm).order_by(Audit.id)
        done = session.scalars(query.where(Audit.action.like("console_user.%able"))).all()
    assert done == ["console_user.disable", "console_user.enable"]


def test_two_administrators_cannot_shut_each_other_out(entrance: Console) -> None:
    """However their requests fall together, one of them stays an administrator."""
    runtime, first = entrance.runtime, entrance.people["admin"]
    second = entrance.people["csm"]
    change_role(runtime, WORKSPACE, second, "admin", actor="cli")
    start = Barrier(2)

    def shut_out(other: str) -> None:
        start.wait()
        with suppress(ConflictError):
            disable_console_user(runtime, WORKSPACE, other, actor="cli")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(shut_out, (first, second)))
    with runtime.db.write() as session:
        assert len(console_users.lock_admins(session, WORKSPACE)) == 1


def test_the_last_administrator_stays(entrance: Console) -> None:
    """Nobody can lock the workspace by disabling its only administrator."""
    admin = entrance.logged_in()
    admin.get("/console/settings/people")
    answer = admin.post(f"/console/settings/people/{entrance.people['admin']}/disable")
    assert answer.status_code == 409
    demoted = admin.post(f"/console/settings/people/{entrance.people['admin']}/role", {"role": "csm"})
    assert demoted.status_code == 409


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1.evil.example:7400"},
    ],
)
def test_forms_from_elsewhere_are_refused(entrance: Console, headers: dict[str, str]) -> None:
    """A post without our origin is refused, with a good session and token, and so is a login."""
    browser = entrance.logged_in()
    browser.get("/console/settings/keys")
    data = {"kind": "public", "name": "stolen"}
    assert browser.post("/console/settings/keys", data, **headers).status_code == 403
    stranger = entrance.browser()
    stranger.get("/console/login")
    answer = stranger.post("/console/login", {"email": "marta@acme.example", "password": PASSWORD}, **headers)
    assert answer.status_code == 403


def test_forms_need_the_token_of_their_session(entrance: Console) -> None:
    """Without the token, with another session's, or with a text/plain body nothing changes."""
    browser, other = entrance.logged_in(), entrance.logged_in("csm")
    other.get("/console/settings")
    path, data = "/console/settings/keys", {"kind": "public", "name": "stolen"}
    for token in ("", "wrong", other.token):
        assert browser.post(path, {**data, "csrf": token}).status_code == 403
    plain = browser.client.post(
        path, base_url=ORIGIN, data='{"kind":"public"}', content_type="text/plain", headers={"Origin": ORIGIN}
    )
    assert plain.status_code == 403
    browser.get(path)
    assert browser.post(path + "?_method=GET", {**data, "csrf": "", "_method": "GET"}).status_code == 403


def test_a_login_form_is_bound_to_the_browser_that_fetched_it(entrance: Console) -> None:
    """Another browser's form token does not log a victim in (login CSRF)."""
    attacker, victim = entrance.browser(), entrance.browser()
    attacker.get("/console/login")
    data = {"csrf": attacker.token, "email": "marta@acme.example", "password": PASSWORD}
    assert victim.post("/console/login", data).status_code == 403


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console/\\evil",
        "javascript:alert(1)",
        "/other",
        "/console/%0d%0a",
        "/console/\tx",
        "/console/../../evil",
    ],
)
def test_after_login_only_our_own_pages_follow(entrance: Console, target: str) -> None:
    """`next` leads to a path of the console or to Home, never elsewhere."""
    browser = entrance.browser()
    browser.get("/console/login")
    answer = browser.client.post(
        "/console/login",
        base_url=ORIGIN,
        query_string={"next": target},
        data={"csrf": browser.token, "email": "marta@acme.example", "password": PASSWORD},
        headers={"Origin": ORIGIN},
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/console/") and "\n" not in answer.headers["Location"]


def test_login_leads_back_to_the_page_that_was_asked_for(entrance: Console) -> None:
    """Being sent to the login form and back keeps the address."""
    browser = entrance.browser()
    answer = browser.get("/console/queue?scope=team")
    assert answer.status_code == 302
    browser.get(answer.headers["Location"])
    back = browser.post(answer.headers["Location"], {"email": "marta@acme.example", "password": PASSWORD})
    assert back.headers["Location"] == "/console/queue?scope=team"


def test_logins_are_written_down_without_secrets(entrance: Console) -> None:
    """The audit log names who logged in; neither it nor the session table holds a token."""
    browser = entrance.logged_in()
    with entrance.runtime.db.read() as session:
        actions = list(session.scalars(select(Audit.action)))
        stored = list(session.scalars(select(ConsoleSession.id)))
    assert "console.log_in" in actions
    assert stored and cookie(browser) not in stored


def test_who_makes_a_link_for_somebody_is_written_down(entrance: Console) -> None:
    """Whoever has a link can come in as somebody else, so the audit log names who asked for it and for whom."""
    admin = entrance.logged_in()
    admin.get("/console/settings/people")
    assert admin.post(f"/console/settings/people/{entrance.people['csm']}/link").status_code == 200
    with entrance.runtime.db.read() as session:
        made = session.scalars(
            select(Audit).where(Audit.action == "console_user.link").order_by(Audit.id)
        ).all()
    assert [(each.actor, each.object) for each in made] == [
        ("cli", entrance.people["admin"]),
        (entrance.people["admin"], entrance.people["csm"]),
    ]


def test_old_sessions_are_forgotten(entrance: Console) -> None:
    """Expired sessions do not pile up: the next login clears them."""
    entrance.logged_in()
    entrance.clock.now += timedelta(days=8)
    entrance.logged_in()
    with entrance.runtime.db.read() as session:
        assert len(list(session.scalars(select(ConsoleSession.id)))) == 1
