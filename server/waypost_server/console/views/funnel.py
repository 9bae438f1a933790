"""A nudge's funnel: at which gate how many users are stopped, with some of them."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from markupsafe import Markup

from waypost_server.console import charts, page_fields, words
from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.explained import leaf_text
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.page import Page
from waypost_server.services.funnel import Funnel, Part
from waypost_server.services.funnel import funnel as count
from waypost_server.store import reports_users


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/nudges/<ref:key>/funnel", "funnel", funnel)
    blueprint.add_url_rule("/nudges/<ref:key>/audience", "audience", audience)


def funnel(key: str) -> str:
    """Count, and say where most are stopped."""
    on_page = page_fields.read(request.args)
    found, leaves = _counted(key, on_page.page)
    shown = [each.user_id for _, part in _named(found) for each in part.samples]
    with runtime().db.read() as session:
        names = reports_users.names(session, login().workspace_id, shown)
    return render_template(
        "console/funnel.html",
        funnel=found,
        names=names,
        on_page=on_page,
        unknown=_unknown(found),
        title=finding(found),
        rows=[(name, part, _bar(name, part, found)) for name, part in _named(found)],
        leaves=leaves,
    )


def audience(key: str) -> str:
    """How many people each comparison of the audience lets through: a page of its own, and a part of the nudge's."""
    on_page = page_fields.read(request.args)
    found, leaves = _counted(key, on_page.page)
    rows = [
        (text, share, charts.progress(round(100 * share), 100, f"{text}: {share:.0%}"))
        for text, share in leaves
    ]
    return render_template(
        "console/audience.html",
        funnel=found,
        on_page=on_page,
        title=finding(found),
        leaves=rows,
        unknown=_unknown(found),
    )


def _unknown(found: Funnel) -> list[str]:
    """The facts of the page that nobody named, in words."""
    return [words.humanise(path.removeprefix("page.")) for path in found.unknown]


def _counted(key: str, page: Page | None) -> tuple[Funnel, list[tuple[str, float]]]:
    """The funnel, and each comparison in words with the share of users for whom it holds."""
    who = login()
    try:
        found = count(runtime(), who.workspace_id, key, page=page)
    except NotFoundError:
        abort(404)
    with runtime().db.read() as session:
        live = runtime().releases.live(session, who.workspace_id)
    if live is None:
        abort(404)
    reader = Reader(live.definitions)
    said = [
        (leaf_text(each.path, each.operator, each.wanted, reader), each.expected) for each in found.leaves
    ]
    return found, said


def finding(found: Funnel) -> str:
    """What the funnel says, in a sentence."""
    if not found.users:
        return "Nobody was seen in this workspace yet"
    about = "" if found.exact else "About "
    text = f"{about}{found.eligible.users:,} of {words.plural(found.users, 'user')} may see it now"
    most = max(found.gates, key=lambda each: each.users)
    if most.users:
        text += f"; most are stopped at {words.humanise(most.gate)}"
    return text


def _named(found: Funnel) -> list[tuple[str, Part]]:
    stopped = [(words.sentence(each.gate), each) for each in found.gates if each.users]
    return [*stopped, ("May see it now", found.eligible)]


def _bar(name: str, part: Part, found: Funnel) -> Markup:
    tone = "attention" if part.gate else ""
    return charts.progress(part.users, found.users, f"{name}: {part.users} of {found.users}", tone)
