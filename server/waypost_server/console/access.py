"""Who may see a page: the session behind the cookie, the role, and proof that a form is ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, redirect, request, url_for

from waypost_server.domain.errors import BadInputError, ForbiddenError
from waypost_server.services import console_login
from waypost_server.services.login_throttle import Visitor
from waypost_server.services.runtime import Runtime
from waypost_server.store.sessions import SessionRecord

SAFE = ("GET", "HEAD", "OPTIONS")
OPEN = {"console.static", "console.login", "console.login_link"}
MARK = "waypost_browser"
MARK_LASTS = 180 * 86_400  # seconds
LONGEST = int(console_login.LONGEST.total_seconds())


def runtime() -> Runtime:
    """The runtime of the app that serves this request."""
    value: Runtime = current_app.extensions["waypost"]
    return value


def login() -> SessionRecord:
    """The login of this request; only inside pages that need one."""
    value: SessionRecord = g.login
    return value


def own_draft() -> str:
    """The name of the draft of whoever is logged in: their e-mail, as a part of an address."""
    return login().email.replace("/", "-")


def admit() -> Response | None:
    """Before every request: same origin and token on unsafe methods, a session unless the page is open."""
    if request.endpoint == "console.static":
        return None
    if request.method not in SAFE:
        _same_origin()
    if "\x00" in request.path or any("\x00" in text for text in _given()):
        raise BadInputError("The address or the form holds a character that cannot be stored.")
    g.login = console_login.current(runtime(), request.cookies.get(cookie_name()))
    if request.endpoint in OPEN:
        return None
    if g.login is None:
        return _to_login()
    if request.method not in SAFE:
        _own_form(g.login.csrf)
    return None


def _given() -> Iterator[str]:
    """Every text of the query and the form; PostgreSQL refuses NUL in any of them."""
    for values in (request.args, request.form):
        for name, each in values.items(multi=True):
            yield name
            yield each


def needs(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only for people whose role includes `role`."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not console_login.may(login().role, role):
                raise ForbiddenError(f"This needs the role {role}. You have the role {login().role}.")
            return view(*args, **kwargs)

        return guarded

    return wrap


def next_path(value: str | None) -> str:
    """A path of this console to go on to; anything else becomes the home page."""
    home = url_for("console.home")
    if not value or len(value) > 500 or not value.startswith("/console/"):
        return home
    # browsers drop control characters and read "\\" as "/"
    bad = any(ord(char) < 33 or char == "\\" or ord(char) == 127 for char in value)
    return home if bad or urlsplit(value).netloc else value


# --- the session cookie ---------------------------------------------------------------------------
def is_secure() -> bool:
    """Whether people reach us over https; then cookies are bound to it."""
    return runtime().base_url.startswith("https://")


def cookie_name(plain: str = "waypost_session") -> str:
    """The `__Host-` prefix forbids a subdomain to plant the cookie."""
    return f"__Host-{plain}" if is_secure() else plain


def visitor() -> Visitor:
    """Who asks to come in."""
    cookies = request.cookies
    mark, session = cookies.get(cookie_name(MARK), ""), cookies.get(cookie_name(), "")
    return Visitor(request.remote_addr or "", mark, session)


def set_session(response: Response, opened: console_login.Opened) -> Response:
    """Hand the session to the browser, and the mark that outlives it."""
    for name, value, lasts, same_site in (
        (cookie_name(), opened.session, LONGEST, "Lax"),
        (cookie_name(MARK), opened.mark, MARK_LASTS, "Strict"),
    ):
        response.set_cookie(
            name, value, max_age=lasts, secure=is_secure(), httponly=True, samesite=same_site, path="/"
        )
    response.delete_cookie(cookie_name("waypost_form"), path="/", secure=is_secure())
    return response


def clear_session(response: Response) -> Response:
    """Take it back."""
    response.delete_cookie(cookie_name(), path="/", secure=is_secure(), httponly=True, samesite="Lax")
    return response


# --- forms ----------------------------------------------------------------------------------------
def form_token_before_login() -> tuple[str, str]:
    """(cookie value, form value): a form before login is bound to the browser that asked for it."""
    value = request.cookies.get(cookie_name("waypost_form")) or secrets.token_urlsafe(24)
    return value, _signed(value)


def check_form_before_login() -> None:
    """The form was fetched by this browser. Raises ForbiddenError."""
    value = request.cookies.get(cookie_name("waypost_form"), "")
    given = request.form.get("csrf", "")
    if not value or not hmac.compare_digest(_signed(value).encode(), given.encode()):
        raise ForbiddenError("This form is too old. Go back, load the page again and repeat.", code="csrf")


def _signed(value: str) -> str:
    key = runtime().secret.encode()
    return hmac.new(key, b"login-form:" + value.encode(), hashlib.sha256).hexdigest()


def _own_form(expected: str) -> None:
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise ForbiddenError("This form is too old. Go back, load the page again and repeat.", code="csrf")


def _same_origin() -> None:
    """Browsers name where a form comes from; one that does not, or names another place, is refused."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    ours = {request.host_url.rstrip("/"), _origin(runtime().base_url)}
    if origin not in ours or site not in (None, "same-origin"):
        raise ForbiddenError("This request came from another site.", code="foreign_origin")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _to_login() -> Response:
    if request.method not in SAFE:
        raise ForbiddenError("You are logged out. Log in and repeat.", code="logged_out")
    path = request.full_path.rstrip("?") if request.query_string else request.path
    target = url_for("console.login") if path == "/console/" else url_for("console.login", next=path)
    return redirect(target)  # type: ignore[return-value]
