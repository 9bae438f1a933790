"""What the README shows runs as it stands, against a real Waypost."""

from __future__ import annotations

import http.server
import json
import re
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from waypost_server.definitions.loader import load_files

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
HOST = "https://waypost.example.com"


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language in the README."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.mark.slow
def test_the_python_lines_report_a_user_an_account_and_an_event(ready: dict[str, Any]) -> None:
    """The ten Python lines, with our host and key put in, are accepted and counted as usage."""
    code = blocks("python")[0].replace("wp_sk_…", ready["secret_key"]).replace(HOST, ready["url"])
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["waypost"].close(), "everything was delivered"
    account = _read(ready, "accounts/acme")
    assert (account["name"], account["motion"]) == ("Acme", "long_tail")
    assert "report_export" in json.dumps(_read(ready, "accounts/acme/usage"))


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_lines_ask_for_nudges(ready: dict[str, Any], chromium: Any) -> None:
    """The HTML lines, with our host and key put in, load the SDK and ask for this user's nudges."""
    html = blocks("html")[0].replace("wp_pk_…", ready["public_key"]).replace(HOST, ready["url"])
    server = _serve(f"<!doctype html><title>Page</title><body>{html}</body>")
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        with page.expect_response(lambda answer: "/v1/decide" in answer.url) as decided:
            page.goto(f"http://127.0.0.1:{server.server_port}/")
        assert decided.value.status == 200
        assert errors == []
    finally:
        page.close()
        server.shutdown()


def test_the_nudge_is_valid_beside_the_demo_definitions() -> None:
    """The YAML example has no error when it is added to the definitions that come with the project."""
    folder = ROOT / "nudges"
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*")
             if path.suffix in (".yaml", ".md") and path.name != "README.md"}  # fmt: skip
    files["in-app/export-weekly.yaml"] = blocks("yaml")[0]
    assert [finding for finding in load_files(files).findings if finding.severity == "error"] == []


def _read(ready: dict[str, Any], path: str) -> Any:
    request = urllib.request.Request(
        f"{ready['url']}/v1/{path}", headers={"Authorization": f"Bearer {ready['secret_key']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _serve(html: str) -> http.server.ThreadingHTTPServer:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class names it so
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
