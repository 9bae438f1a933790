"""The page behind "Choose what you get" in every e-mail. GET shows, POST keeps; the signed link is the permission."""

from __future__ import annotations

from html import escape

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.api.reader_page import browser_locale, document, missing
from waypost_server.channels.reader_words import WORDS, ChoiceWords
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.preferences import Choice, Preferences, save, see

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/p/<token>")
def show(token: str) -> Response:
    """What holds now; changes nothing."""
    try:
        return _page(see(runtime(), token, browser_locale()), saved=False)
    except NotFoundError as error:
        return missing(error)


@blueprint.post("/p/<token>")
def keep(token: str) -> Response:
    """Keep the choices and show them."""
    try:
        yes, first = request.form.getlist("yes"), request.form.get("first")
        return _page(save(runtime(), token, yes, browser_locale(), preferred=first), saved=True)
    except NotFoundError as error:
        return missing(error)


def _page(found: Preferences, *, saved: bool) -> Response:
    words, product = WORDS[found.language].choice, escape(found.product)
    mail = [each for each in found.choices if each.channel == "email"]
    inside = [each for each in found.choices if each.channel != "email"]
    done = f'<p class="said" role="status">{words.saved}</p>' if saved else ""
    body = (
        f'{done}<h1>{words.title.format(product)}</h1><p class="lead">{words.lead}</p><form method="post">'
        f"{_group(words.mail, mail, words)}{_group(words.inside, inside, words)}{_first(found, words)}"
        f'<button type="submit">{words.save}</button></form>'
    )
    return document(found.language, words.title.format(product), body)


def _group(legend: str, choices: list[Choice], words: ChoiceWords) -> str:
    lines = "".join(_line(each, words) for each in choices)
    return f"<fieldset><legend>{legend}</legend>{lines}</fieldset>"


def _first(found: Preferences, words: ChoiceWords) -> str:
    """One of the ways, or none."""
    names = {"": words.none, "email": words.mail, "in_app": words.inside, "chat": words.chat}
    lines = "".join(
        f'<label><input type="radio" name="first" value="{way}"{" checked" if way == found.preferred else ""}>'
        f"<span>{names[way]}</span></label>"
        for way in ("", *found.ways)
    )
    return (
        f'<h2 id="first">{words.first}</h2><p class="lead" id="more">{words.first_more}</p>'
        f'<fieldset aria-labelledby="first" aria-describedby="more">{lines}</fieldset>'
    )


def _line(choice: Choice, words: ChoiceWords) -> str:
    checked = " checked" if choice.allowed else ""
    box = f'<input type="checkbox" name="yes" value="{escape(choice.name)}"{checked}>'
    if choice.topic:
        return f'<label class="topic">{box}<span>{escape(choice.title)}</span></label>'
    title, more = (
        (words.mail, words.mail_more) if choice.channel == "email" else (words.inside, words.inside_more)
    )
    return f"<label>{box}<span><b>{title}</b><small>{more}</small></span></label>"
