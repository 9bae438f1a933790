"""The page behind the two links of an invitation to a workshop. GET shows it, POST answers.

Mail scanners fetch every link they see, so GET changes nothing: it only puts the answer of the link first.
"""

from __future__ import annotations

import re
from html import escape

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.api.unsubscribe import HEADERS
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.workshop_answer import Page, answer, see

blueprint = Blueprint("workshop_answer", __name__)
STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6372; --line: #e1e4ea; --page: #f6f7f9; --card: #fff;
  --accent: #2450b2; --good: #e7f4ec; --good-ink: #14532d; --quiet: #eef0f4; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef0f4; --soft: #a7afbd; --line: #343a46; --page: #14171c;
  --card: #1d2129; --accent: #8db0ff; --good: #12351f; --good-ink: #b9f0cb; --quiet: #2a2f39; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: clamp(1.5rem, 8vh, 5rem) 1rem 3rem; }
article { border: 1px solid var(--line); border-radius: .8rem; background: var(--card); padding: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0 0 1.5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
.said, .note { border-radius: .6rem; padding: .7rem 1rem; margin: 0 0 1rem; }
.said { background: var(--good); color: var(--good-ink); }
.note { background: var(--quiet); }
form { display: flex; flex-wrap: wrap; gap: .75rem; }
button { font: inherit; font-weight: 600; padding: .7rem 1.3rem; border: 1px solid transparent; border-radius: .6rem;
  cursor: pointer; min-height: 44px; }
button.first { background: #2450b2; color: #fff; }
button.second { background: var(--card); color: var(--ink); border-color: var(--line); }
small { color: var(--soft); display: block; margin: 1rem 0 0; font-size: .9rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""


@blueprint.get("/w/style.css")
def style() -> Response:
    """The page's styles, apart from it because its policy allows none inside."""
    return Response(STYLE, mimetype="text/css", headers={"Cache-Control": "max-age=86400"})


@blueprint.get("/w/<token>")
def show(token: str) -> Response:
    """What the workshop is, and what holds now; changes nothing."""
    try:
        return _page(see(runtime(), token, _browser()), wish=request.args.get("answer", "yes"))
    except NotFoundError as error:
        return _document("en", error.message, f"<h1>{escape(error.message)}</h1>", status=404)


@blueprint.post("/w/<token>")
def keep(token: str) -> Response:
    """Keep the answer, and show what holds."""
    yes = request.form.get("answer") == "yes"
    try:
        return _page(answer(runtime(), token, yes=yes, locale=_browser()), wish="yes")
    except NotFoundError as error:
        return _document("en", error.message, f"<h1>{escape(error.message)}</h1>", status=404)


def _browser() -> str | None:
    return request.accept_languages.best


def _page(page: Page, *, wish: str) -> Response:
    invite, words = page.invite, page.invite.words
    lines = [(words.when, escape(invite.when))]
    if invite.slot.place:
        lines.append((words.where, _place(invite.slot.place)))
    if invite.host[0]:
        lines.append((words.host, escape(invite.host[0])))
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in lines)
    described = "".join(
        f"<p>{escape(each)}</p>" for each in invite.text.description.split("\n\n") if each.strip()
    )
    body = (
        f"<article><h1>{escape(invite.text.title)}</h1>{described}<dl>{facts}</dl>{_standing(page)}"
        f"{_form(page, wish)}</article>"
    )
    return _document(invite.language, escape(invite.text.title), body)


def _standing(page: Page) -> str:
    """What holds: the answer that was given, or why none can be."""
    words, said = page.invite.words, page.invite.invitation.state
    if page.invite.slot.state != "open":
        return f'<p class="note" role="status">{words.off}</p>'
    if not page.may_answer:
        return f'<p class="note">{words.over}</p>'
    if page.is_full:
        return f'<p class="note" role="status">{words.full}</p>'
    if said in ("accepted", "declined"):
        return f'<p class="said" role="status">{words.said_yes if said == "accepted" else words.said_no}</p>'
    return f"<h2>{words.answer}</h2>"


def _form(page: Page, wish: str) -> str:
    """Both answers, but for the one that holds; the one the link asked for comes first."""
    if not page.may_answer:
        return ""
    words, said = page.invite.words, page.invite.invitation.state
    order = [("yes", words.yes), ("no", words.no)]
    if wish == "no":
        order.reverse()
    held = {"accepted": "yes", "declined": "no"}.get(said, "")
    shown = [(key, text) for key, text in order if key != held and not (key == "yes" and page.is_full)]
    buttons = "".join(
        f'<button name="answer" value="{key}" class="{"second" if place or held else "first"}">{escape(text)}</button>'
        for place, (key, text) in enumerate(shown)
    )
    return f'<form method="post">{buttons}</form><small>{words.change}</small>'


def _place(place: str) -> str:
    text = escape(place)
    is_link = re.fullmatch(r"https?://[^\s<>\"']+", place) is not None
    return f'<a href="{text}" rel="noreferrer">{text}</a>' if is_link else text


def _document(language: str, title: str, body: str, *, status: int = 200) -> Response:
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/w/style.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return Response(html, status=status, mimetype="text/html", headers=HEADERS)
