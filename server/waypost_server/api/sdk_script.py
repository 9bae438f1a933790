"""The browser SDK, served by every Waypost: /sdk/waypost.js for always the newest, /sdk/VERSION/ for good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, redirect, request

FILE = Path(__file__).parent.parent / "sdk_static" / "waypost.js"
SHORT = "public, max-age=300, stale-while-revalidate=86400"
FOREVER = "public, max-age=31536000, immutable"
blueprint = Blueprint("sdk", __name__, url_prefix="/sdk")


@dataclass(frozen=True, slots=True)
class Script:
    """The built script; its version is a digest of its content."""

    content: bytes
    version: str
    changed_ns: int


_kept: list[Script] = []


@blueprint.get("/waypost.js")
def newest() -> Response:
    """The script as it is now; X-Waypost-Version names the address that never changes."""
    script = _script()
    if script is None:
        return _missing()
    return _answer(script, SHORT)


@blueprint.get("/<version>/waypost.js")
def pinned(version: str) -> Response:
    """The script of one version. After an upgrade an older version leads to the newest: pages go on working."""
    script = _script()
    if script is None:
        return _missing()
    if version != script.version:
        moved: Response = redirect("/sdk/waypost.js", 302)  # type: ignore[assignment]  # werkzeug's base class
        moved.headers["Cache-Control"] = "no-store"
        return _shared(moved)
    return _answer(script, FOREVER)


def _script() -> Script | None:
    try:
        changed = FILE.stat().st_mtime_ns
        if _kept and _kept[0].changed_ns == changed:
            return _kept[0]
        content = FILE.read_bytes()
    except FileNotFoundError:
        return None
    _kept[:] = [Script(content, hashlib.sha256(content).hexdigest()[:16], changed)]
    return _kept[0]


def _answer(script: Script, caching: str) -> Response:
    response = Response(script.content, mimetype="text/javascript")
    response.set_etag(script.version)
    response.headers["Cache-Control"] = caching
    response.headers["X-Waypost-Version"] = f"/sdk/{script.version}/waypost.js"
    return _shared(response.make_conditional(request))


def _missing() -> Response:
    text = "The browser SDK is not built here. Run: make setup (in a source tree), or install the wheel.\n"
    return Response(text, status=503, mimetype="text/plain", headers={"Retry-After": "60"})


def _shared(response: Response) -> Response:
    """Any page may load it, also one with cross-origin isolation."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
