"""The way out of every e-mail: GET shows one button, POST stops the mails (RFC 8058, one click).

POST needs no cookie and no login: the token in the address is the permission, and it never expires.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.api.reader_page import browser_locale, document, missing
from waypost_server.channels.reader_words import WORDS, StopWords, language
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.addresses import read_token
from waypost_server.services.unsubscribe import unsubscribe

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/u/<token>")
def ask(token: str) -> Response:
    """One question, one button; changes nothing."""
    try:
        read_token(runtime(), token)
    except NotFoundError as error:
        return missing(error)
    lang, words = _reader()
    form = f'<form method="post"><button type="submit">{words.button}</button></form>'
    return _page(lang, words.ask, words.ask_more, form)


@blueprint.post("/u/<token>")
def stop(token: str) -> Response:
    """Stop e-mail to this address, before the next one is sent."""
    try:
        unsubscribe(runtime(), token)
    except NotFoundError as error:
        return missing(error)
    lang, words = _reader()
    return _page(lang, words.done, words.done_more)


def _reader() -> tuple[str, StopWords]:
    """Their language, which the link names where it is known, else the browser's."""
    lang = language(request.args.get("lang") or browser_locale())
    return lang, WORDS[lang].stop


def _page(lang: str, title: str, text: str, form: str = "") -> Response:
    """All words are ours; nothing a customer wrote is on this page."""
    return document(lang, title, f"<article><h1>{title}</h1><p>{text}</p>{form}</article>")
