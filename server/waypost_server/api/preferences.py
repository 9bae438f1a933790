"""The page behind "Choose what you get" in every e-mail. GET shows, POST keeps; the signed link is the permission."""

from __future__ import annotations

from html import escape

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.api.preference_words import WORDS, Words
from waypost_server.api.unsubscribe import HEADERS
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.locale import nearest
from waypost_server.services.preferences import Choice, Preferences, save, see

blueprint = Blueprint("preferences", __name__)
STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6372; --line: #e1e4ea; --page: #f6f7f9; --card: #fff;
  --accent: #2450b2; --good: #e7f4ec; --good-ink: #14532d; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef0f4; --soft: #a7afbd; --line: #343a46; --page: #14171c;
  --card: #1d2129; --accent: #8db0ff; --good: #12351f; --good-ink: #b9f0cb; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: clamp(1.5rem, 8vh, 5rem) 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .35rem; text-wrap: balance; }
.lead { color: var(--soft); margin: 0 0 1.5rem; }
.saved { background: var(--good); color: var(--good-ink); border-radius: .6rem; padding: .7rem 1rem; margin: 0 0 1rem; }
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
button { font: inherit; font-weight: 600; padding: .7rem 1.3rem; border: 0; border-radius: .6rem; background: #2450b2;
  color: #fff; cursor: pointer; min-height: 44px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""


@blueprint.get("/p/style.css")
def style() -> Response:
    """The page's styles, apart from it because its policy allows none inside."""
    return Response(STYLE, mimetype="text/css", headers={"Cache-Control": "max-age=86400"})


@blueprint.get("/p/<token>")
def show(token: str) -> Response:
    """What holds now; changes nothing."""
    try:
        return _page(see(runtime(), token, _browser()), saved=False)
    except NotFoundError as error:
        return _missing(error.message)


@blueprint.post("/p/<token>")
def keep(token: str) -> Response:
    """Keep the choices and show them."""
    try:
        return _page(save(runtime(), token, request.form.getlist("yes"), _browser()), saved=True)
    except NotFoundError as error:
        return _missing(error.message)


def _browser() -> str | None:
    return request.accept_languages.best


def _page(found: Preferences, *, saved: bool) -> Response:
    language = nearest(WORDS, found.locale, "en")
    words, product = WORDS[language], escape(found.product)
    mail = [each for each in found.choices if each.channel == "email"]
    inside = [each for each in found.choices if each.channel != "email"]
    done = f'<p class="saved" role="status">{words.saved}</p>' if saved else ""
    body = (
        f'{done}<h1>{words.title.format(product)}</h1><p class="lead">{words.lead}</p><form method="post">'
        f"{_group(words.mail, mail, words)}{_group(words.inside, inside, words)}"
        f'<button type="submit">{words.save}</button></form>'
    )
    return _document(language, words.title.format(product), body)


def _group(legend: str, choices: list[Choice], words: Words) -> str:
    lines = "".join(_line(each, words) for each in choices)
    return f"<fieldset><legend>{legend}</legend>{lines}</fieldset>"


def _line(choice: Choice, words: Words) -> str:
    checked = " checked" if choice.allowed else ""
    box = f'<input type="checkbox" name="yes" value="{escape(choice.name)}"{checked}>'
    if choice.topic:
        return f'<label class="topic">{box}<span>{escape(choice.title)}</span></label>'
    title, more = (
        (words.mail, words.mail_more) if choice.channel == "email" else (words.inside, words.inside_more)
    )
    return f"<label>{box}<span><b>{title}</b><small>{more}</small></span></label>"


def _missing(message: str) -> Response:
    return _document("en", "Not found", f"<h1>{escape(message)}</h1>", status=404)


def _document(language: str, title: str, body: str, *, status: int = 200) -> Response:
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/p/style.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return Response(html, status=status, mimetype="text/html", headers=HEADERS)
