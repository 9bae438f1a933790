"""The page behind the two links of an invitation to a workshop. GET shows it, POST answers.

Mail scanners fetch every link they see, so GET changes nothing: it only puts the answer of the link first.
"""

from __future__ import annotations

import re
from html import escape

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.api.reader_page import browser_locale, document, missing
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.workshop_answer import Page, answer, see

blueprint = Blueprint("workshop_answer", __name__)
SECOND = ' class="second"'


@blueprint.get("/w/<token>")
def show(token: str) -> Response:
    """What the workshop is, and what holds now; changes nothing."""
    try:
        return _page(see(runtime(), token, browser_locale()), wish=request.args.get("answer", "yes"))
    except NotFoundError as error:
        return missing(error)


@blueprint.post("/w/<token>")
def keep(token: str) -> Response:
    """Keep the answer, and show what holds."""
    yes = request.form.get("answer") == "yes"
    try:
        return _page(answer(runtime(), token, yes=yes, locale=browser_locale()), wish="yes")
    except NotFoundError as error:
        return missing(error)


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
    return document(invite.language, escape(invite.text.title), body)


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
        f'<button name="answer" value="{key}"{SECOND if place or held else ""}>{escape(text)}</button>'
        for place, (key, text) in enumerate(shown)
    )
    return f'<form method="post" class="answers">{buttons}</form><small>{words.change}</small>'


def _place(place: str) -> str:
    text = escape(place)
    is_link = re.fullmatch(r"https?://[^\s<>\"']+", place) is not None
    return f'<a href="{text}" rel="noreferrer">{text}</a>' if is_link else text
