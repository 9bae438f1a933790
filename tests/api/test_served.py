"""What else a Waypost serves: the browser SDK, the documentation page, metrics."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.read_rig import ReadRig
from waypost_server.api import sdk_script

FILES = Path(sdk_script.__file__).parent / "static"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A built SDK in a place of its own."""
    file = tmp_path / "waypost.js"
    file.write_text("var waypost={};")
    file.with_name("waypost-surfaces.js").write_text("export{};")
    monkeypatch.setattr(sdk_script, "FOLDER", tmp_path)
    monkeypatch.setattr(sdk_script, "_kept", {})
    yield file


def test_sdk_script(world: ReadRig, script: Path) -> None:
    """The script has an ETag and a short life; its versioned address lives forever."""
    newest = world.client.get("/sdk/waypost.js")
    assert (newest.status_code, newest.mimetype) == (200, "text/javascript")
    assert newest.headers["Access-Control-Allow-Origin"] == "*"
    again = world.client.get("/sdk/waypost.js", headers={"If-None-Match": newest.headers["ETag"]})
    assert again.status_code == 304
    pinned = world.client.get(newest.headers["X-Waypost-Version"])
    assert pinned.get_data() == newest.get_data()
    assert "immutable" in pinned.headers["Cache-Control"]


def test_an_older_sdk_leads_to_the_newest(world: ReadRig, script: Path) -> None:
    """After an upgrade, pages with a pinned address go on working."""
    old = world.client.get("/sdk/waypost.js").headers["X-Waypost-Version"]
    script.write_text("var waypost={newer:1};")
    answer = world.client.get(old)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sdk/waypost.js")
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_paints_is_served_beside_the_script(world: ReadRig, script: Path) -> None:
    """Under the digest of its content it lives forever, pinned or not; an old page gets the newest, for a while."""
    content = b"export{};"
    digest = hashlib.sha256(content).hexdigest()[:16]
    pinned = world.client.get("/sdk/waypost.js").headers["X-Waypost-Version"].removesuffix("waypost.js")
    for address in (f"/sdk/waypost-surfaces.js?v={digest}", f"{pinned}waypost-surfaces.js?v={digest}"):
        answer = world.client.get(address)
        assert (answer.status_code, answer.mimetype, answer.get_data()) == (200, "text/javascript", content)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    older = world.client.get("/sdk/waypost-surfaces.js?v=older")
    assert (older.get_data(), "immutable" in older.headers["Cache-Control"]) == (content, False)
    wanted = "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert older.headers["X-Waypost-Integrity"] == wanted


def test_the_built_script_names_the_built_second_file() -> None:
    """The digest in the first file is that of the second: together they never change under one address."""
    built = Path(sdk_script.__file__).parent.parent / "sdk_static"
    digest = hashlib.sha256((built / "waypost-surfaces.js").read_bytes()).hexdigest()[:16]
    assert f"waypost-surfaces.js?v={digest}" in (built / "waypost.js").read_text()


def test_a_missing_sdk_is_said(world: ReadRig, script: Path) -> None:
    """Without a build: 503 and how to get one."""
    script.unlink()
    answer = world.client.get("/sdk/waypost.js")
    assert answer.status_code == 503
    assert "make setup" in answer.get_data(as_text=True)


def test_documentation_page_is_self_contained(world: ReadRig) -> None:
    """The page has a strict policy, nothing inline, and refers to nothing elsewhere."""
    answer = world.client.get("/v1/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    page = answer.get_data(as_text=True)
    for address in re.findall(r'(?:src|href)="([^"#]+)"', page):
        assert world.client.get(address).status_code == 200, address
    assert not re.search(r"<style|style=|<script>|onclick", page)
    for name in ("docs.html", "docs.css", "docs.js"):
        assert "http:" not in (FILES / name).read_text() and "https:" not in (FILES / name).read_text()
    assert "innerHTML" not in (FILES / "docs.js").read_text()


def test_metrics(world: ReadRig) -> None:
    """Counts of the installation in Prometheus text, without names of users, accounts, features or events."""
    text = world.client.get("/metrics").get_data(as_text=True)
    assert 'waypost_ingest_events_total{result="accepted"} 160' in text
    assert "# TYPE waypost_delivery_state gauge" in text
    assert 'waypost_delivery_state{channel="email",state="sent"} 5' in text
    assert "waypost_accounts_due 0" in text
    assert "# TYPE waypost_outbound_blocked_total counter\nwaypost_outbound_blocked_total 0\n" in text
    assert "acme" not in text and "report_export" not in text


def test_metrics_behind_a_token(world: ReadRig) -> None:
    """With a token configured, only its bearer sees them."""
    world.app.config["WAYPOST_METRICS_TOKEN"] = "let-me-see"
    for wrong in ({}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer é"}):
        assert world.client.get("/metrics", headers=wrong).status_code == 401
    headers = {"Authorization": "Bearer let-me-see"}
    assert world.client.get("/metrics", headers=headers).status_code == 200


def test_the_schema_for_editors(world: ReadRig) -> None:
    """Anybody may read and keep it; it says nothing of any workspace."""
    found = world.client.get("/v1/definitions/schema.json")
    assert found.status_code == 200 and found.headers["Cache-Control"] == "public, max-age=3600"
    assert found.headers["Access-Control-Allow-Origin"] == "*" and "$defs" in found.get_json(force=True)
    again = world.client.get("/v1/definitions/schema.json", headers={"If-None-Match": found.headers["ETag"]})
    assert again.status_code == 304
