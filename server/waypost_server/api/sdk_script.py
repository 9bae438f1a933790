"""The browser SDK, served by every Waypost: /sdk/waypost.js for always the newest, /sdk/VERSION/ for good.

The script fetches a second file, what paints, from beside itself and names the digest of the content it was
built with (`?v=`): under that address the second file never changes either, so a page that pins the first
has pinned both.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, redirect, request

FOLDER = Path(__file__).parent.parent / "sdk_static"
FIRST, SECOND = "waypost.js", "waypost-surfaces.js"
SHORT = "public, max-age=300, stale-while-revalidate=86400"
FOREVER = "public, max-age=31536000, immutable"
blueprint = Blueprint("sdk", __name__, url_prefix="/sdk")


@dataclass(frozen=True, slots=True)
class Script:
    """A built script; its version is a digest of its content, its integrity what a script tag may ask for."""

    content: bytes
    version: str
    integrity: str
    changed_ns: int


_kept: dict[str, Script] = {}


@blueprint.get(f"/{FIRST}")
def newest() -> Response:
    """The script as it is now; X-Waypost-Version names the address that never changes."""
    script = _script(FIRST)
    return _first(script, SHORT) if script else _missing()


@blueprint.get(f"/<version>/{FIRST}")
def pinned(version: str) -> Response:
    """The script of one version. After an upgrade an older version leads to the newest: pages go on working."""
    script = _script(FIRST)
    if script is None:
        return _missing()
    if version != script.version:
        moved: Response = redirect(f"/sdk/{FIRST}", 302)  # type: ignore[assignment]  # werkzeug's base class
        moved.headers["Cache-Control"] = "no-store"
        return _shared(moved)
    return _first(script, FOREVER)


@blueprint.get(f"/{SECOND}")
@blueprint.get(f"/<_version>/{SECOND}")
def surfaces(_version: str = "") -> Response:
    """What paints. A first file from before an upgrade gets the newest second one, and not for long."""
    script = _script(SECOND)
    if script is None:
        return _missing()
    return _answer(script, FOREVER if request.args.get("v") == script.version else SHORT)


def _script(name: str) -> Script | None:
    file = FOLDER / name
    try:
        changed = file.stat().st_mtime_ns
        if name in _kept and _kept[name].changed_ns == changed:
            return _kept[name]
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    _kept[name] = Script(content, hashlib.sha256(content).hexdigest()[:16], integrity, changed)
    return _kept[name]


def _first(script: Script, caching: str) -> Response:
    response = _answer(script, caching)
    response.headers["X-Waypost-Version"] = f"/sdk/{script.version}/{FIRST}"
    return response


def _answer(script: Script, caching: str) -> Response:
    response = Response(script.content, mimetype="text/javascript")
    response.set_etag(script.version)
    response.headers["Cache-Control"] = caching
    response.headers["X-Waypost-Integrity"] = script.integrity
    response.make_conditional(request)
    return _shared(response)


def _missing() -> Response:
    text = "The browser SDK is not built here. Run: make setup (in a source tree), or install the wheel.\n"
    return Response(text, status=503, mimetype="text/plain", headers={"Retry-After": "60"})


def _shared(response: Response) -> Response:
    """Any page may load it, also one with cross-origin isolation."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
