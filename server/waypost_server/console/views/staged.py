"""A nudge as the product shows it: painted by the browser SDK, in a frame, on a page in outline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request

from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import shown as words
from waypost_server.console.headers import policy
from waypost_server.domain.definitions import Nudge
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.locale import base
from waypost_server.services import preview
from waypost_server.services.releases import LiveRelease

ANCHOR = "preview"  # the one element of the stage that can be pointed at
Look = dict[str, str]


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/nudges/<ref:key>/preview", "nudge_staged", staged)
    blueprint.add_url_rule("/nudges/<ref:key>/preview/stage", "nudge_stage", stage)


def staged(key: str) -> Response:
    """The frame, and what to choose: language, variant, light or dark, wide or narrow."""
    release, nudge = _found(key)
    look = _look(release, nudge)
    shown, problem = _rendered(release, nudge, look)
    variants = [("original", "Its own words"), *((each.key, each.key) for each in nudge.variants)]
    page = make_response(
        render_template(
            "console/nudge_staged.html",
            nudge=nudge,
            look=look,
            languages=[(each, each) for each in nudge.content],
            variants=variants,
            case=nudge.cases[0].name if nudge.cases else None,
            numbers={path: _said(path, value) for path, value in (shown.numbers if shown else {}).items()},
            problem=problem,
        )
    )
    page.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return page


def stage(key: str) -> Response:
    """What stands in the frame: no link leaves it, and it asks Waypost for nothing but the SDK."""
    release, nudge = _found(key)
    look = _look(release, nudge)
    shown, _ = _rendered(release, nudge, look)
    if shown is None:
        abort(404)
    theme = release.definitions.policy.theme
    answer = {**_placed(nudge, shown.answer), **({"theme": theme.as_json()} if theme else {})}
    page = make_response(
        render_template(
            "console/stage.html",
            stage={"answer": answer, "scheme": look["scheme"]},
            lang=look["lang"],
            scheme=look["scheme"],
            title=nudge.title,
        )
    )
    page.headers["Content-Security-Policy"] = policy(frame_ancestors="'self'", connect_src="'none'")
    page.headers["X-Frame-Options"] = "SAMEORIGIN"
    return page


def _found(key: str) -> tuple[LiveRelease, Nudge]:
    release = runtime().releases.glance(runtime().db, login().workspace_id).release
    found = next((each for each in release.definitions.nudges if each.key == key), None) if release else None
    if release is None or found is None:
        abort(404)
    return release, found


def _said(path: str, value: Any) -> str | None:
    return None if value is None else words(value, path)


def _look(release: LiveRelease, nudge: Nudge) -> Look:
    """What was chosen; the first of everything where nothing was, or nothing that is there."""
    known = {
        "lang": (base(nudge.content, release.definitions.catalog.default_locale), *nudge.content),
        "variant": ("original", *(each.key for each in nudge.variants)),
        "scheme": ("light", "dark"),
        "width": ("wide", "narrow"),
    }
    asked = {name: request.args.get(name, "") for name in known}
    return {name: asked[name] if asked[name] in each else each[0] for name, each in known.items()}


def _rendered(release: LiveRelease, nudge: Nudge, look: Look) -> tuple[preview.Preview | None, str]:
    """The answer a browser would get for the person of the first case; or why there would be none."""
    everybody = (replace(each, percent=100) for each in nudge.variants if each.key == look["variant"])
    chosen = replace(nudge, variants=tuple(everybody))
    try:
        return preview.render(release, chosen, preview.for_case(release, nudge, None), look["lang"]), ""
    except TemplateError as error:
        return None, error.message


def _placed(nudge: Nudge, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of a decision with this nudge alone, at once and at the stage's own anchor."""
    if nudge.announcement is not None:
        return {"nudges": [], "feed": [answer]}
    places = [answer, *answer.get("tour", {}).get("steps", ())]
    for each in places:
        each["where"] = {"anchor": ANCHOR} if (each.get("where") or {}).get("anchor") else {}
    if nudge.surface in ("tooltip", "hotspot"):
        answer["where"] = {"anchor": ANCHOR}
    return {"nudges": [answer], "feed": []}
