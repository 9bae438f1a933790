"""The way out of every e-mail: GET shows one button, POST stops the mails (RFC 8058, one click).

Mail scanners fetch every link they see, so GET changes nothing. POST needs no cookie and no login: the
token in the address is the permission, and it never expires.
"""

from __future__ import annotations

from flask import Blueprint, Response

from waypost_server.api.auth import runtime
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.unsubscribe import check_token, unsubscribe

blueprint = Blueprint("unsubscribe", __name__)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 26rem; padding: 2rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; text-wrap: balance; }
p { margin: 0 0 1.5rem; }
button { font: inherit; font-weight: 600; padding: .7rem 1.1rem; border: 0; border-radius: .5rem;
  background: #2450b2; color: #fff; cursor: pointer; min-height: 44px; }
button:focus-visible { outline: 3px solid #7ea2f0; outline-offset: 2px; }
"""


@blueprint.get("/u/style.css")
def style() -> Response:
    """The page's few styles, apart from it because its policy allows none inside."""
    return Response(_STYLE, mimetype="text/css", headers={"Cache-Control": "max-age=86400"})


@blueprint.get("/u/<token>")
def ask(token: str) -> Response:
    """One question, one button; changes nothing."""
    try:
        check_token(runtime(), token)
    except NotFoundError as error:
        return _page("This link is not complete", error.message, status=404)
    form = '<form method="post"><button type="submit">Stop these e-mails</button></form>'
    return _page("Stop these e-mails?", "Nothing else about your use of the product changes.", form)


@blueprint.post("/u/<token>")
def stop(token: str) -> Response:
    """Stop e-mail to this address, before the next one is sent."""
    try:
        unsubscribe(runtime(), token)
    except NotFoundError as error:
        return _page("This link is not complete", error.message, status=404)
    return _page("You will get no more of these e-mails", "If one was just on its way, it may still arrive.")


def _page(title: str, text: str, form: str = "", *, status: int = 200) -> Response:
    """All words are ours; nothing a customer wrote is on this page."""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/u/style.css"></head>'
        f"<body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"
    )
    return Response(body, status=status, mimetype="text/html", headers=HEADERS)
