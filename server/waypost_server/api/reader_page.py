"""The frame of the pages behind the links in mails: no login, no cookie, no script, nothing from elsewhere.

Mail scanners fetch every link they see, so GET changes nothing on any of them. The signed token in the address is
the permission.
"""

from __future__ import annotations

from html import escape

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.channels.reader_words import WORDS, language
from waypost_server.domain.errors import NotFoundError, UnavailableError
from waypost_server.services.addresses import GONE
from waypost_server.services.known_secret import is_other

blueprint = Blueprint("reader_page", __name__)
LATER = "This page does not work just now. Try again later."
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6372; --line: #e1e4ea; --page: #f6f7f9; --card: #fff;
  --accent: #2450b2; --good: #e7f4ec; --good-ink: #14532d; --quiet: #eef0f4; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef0f4; --soft: #a7afbd; --line: #343a46; --page: #14171c;
  --card: #1d2129; --accent: #8db0ff; --good: #12351f; --good-ink: #b9f0cb; --quiet: #2a2f39; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: clamp(1.5rem, 8vh, 5rem) 1rem 3rem; }
article { border: 1px solid var(--line); border-radius: .8rem; background: var(--card); padding: 1.5rem; }
article > :last-child { margin-bottom: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
fieldset + h2 { margin: 2rem 0 .25rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; text-wrap: pretty; }
a { color: var(--accent); }
.lead { color: var(--soft); margin: 0 0 1.5rem; }
h2 + .lead { margin-bottom: 1rem; }
.said, .note { border-radius: .6rem; padding: .7rem 1rem; margin: 0 0 1rem; }
.said { background: var(--good); color: var(--good-ink); }
.note { background: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0 0 1.5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: .8rem; background: var(--card); margin: 0 0 1rem; padding: 0;
  overflow: hidden; }
legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
label { display: flex; gap: .85rem; align-items: flex-start; padding: .85rem 1.1rem; cursor: pointer;
  min-height: 44px; }
label + label { border-top: 1px solid var(--line); }
label.topic { padding-left: 3rem; }
input { width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; accent-color: var(--accent); flex: none; }
b { font-weight: 600; display: block; }
small { color: var(--soft); font-size: .9rem; display: block; }
.answers { display: flex; flex-wrap: wrap; gap: .75rem; }
.answers + small { margin: 1rem 0 0; }
button { font: inherit; font-weight: 600; padding: .7rem 1.3rem; border: 1px solid transparent; border-radius: .6rem;
  background: #2450b2; color: #fff; cursor: pointer; min-height: 44px; }
button.second { background: var(--card); color: var(--ink); border-color: var(--line); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""


@blueprint.get("/reader.css")
def style() -> Response:
    """The styles of these pages, apart from them because their policy allows none inside."""
    headers = {"Cache-Control": "max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(STYLE, mimetype="text/css", headers=headers)


def browser_locale() -> str | None:
    """The language that the browser asks for, for people whose own is not known."""
    return request.accept_languages.best


def document(lang: str, title: str, body: str, *, status: int = 200) -> Response:
    """A whole page; `title` and `body` are HTML."""
    html = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/reader.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return Response(html, status=status, mimetype="text/html", headers=HEADERS)


def missing(error: NotFoundError) -> Response:
    """For a link that was cut off or changed, or whose reader is gone.

    Raises UnavailableError while it is this process that has another secret than the link.
    """
    with runtime().db.read() as session:
        if is_other(session, runtime()):
            raise UnavailableError(LATER)
    lang = language(browser_locale())
    words = WORDS[lang].broken
    title, more = (words.gone, words.gone_more) if error.code == GONE else (words.cut, words.cut_more)
    body = f"<article><h1>{escape(title)}</h1><p>{escape(more)}</p></article>"
    return document(lang, escape(title), body, status=404)


def nothing_here() -> Response:
    """For an address that is neither the API's, nor the console's, nor a link of a mail."""
    title = "There is nothing here"
    way_on = '<p>People log in at <a href="/console/">the console</a>.</p>'
    return document("en", title, f"<article><h1>{title}</h1>{way_on}</article>", status=404)
