"""The requests of the API documentation: what a reader copies is understood as it is written."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.api.read_rig import ReadRig
from tests.waiting import PATIENCE

ABOUT_THE_DATA = {  # of what this workspace happens to hold, and not of how the request is written
    "bad_motion", "bad_timezone", "not_invited", "unknown_owner", "unknown_person",
}  # fmt: skip


@pytest.fixture
def requests(chromium: Browser, world: ReadRig) -> Iterator[list[list[str]]]:
    """The words of each request on the page, as a shell reads them."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/v1/docs")
    shown = page.locator("pre[aria-label=Request]")
    shown.first.wait_for(timeout=PATIENCE * 1000)
    yield [shlex.split(text.replace("\\\n", " ")) for text in shown.all_text_contents()]
    page.close()
    server.shutdown()
    server.server_close()


def sent(world: ReadRig, words: list[str]) -> Any:
    """What is answered to the words of one curl command."""
    _curl, _user, _key, address, *rest = words
    options: dict[str, str] = {}
    headers = [("Authorization", f"Bearer {world.secret.text}")]
    for option, value in zip(rest[::2], rest[1::2], strict=True):
        if option == "-H":
            name, _, said = value.partition(": ")
            headers.append((name, said))
        else:
            options[option] = value
    data = options.get("-d") or ("From: a@b.example\n\nx" if "--data-binary" in options else None)
    method = options.get("-X") or ("POST" if data else "GET")
    path = "/" + address.split("/", 3)[3]
    return world.client.open(path, method=method, headers=headers, data=data)


@pytest.mark.browser
def test_each_request_is_understood_as_it_is_written(requests: list[list[str]], world: ReadRig) -> None:
    """Method, address, headers and body: none is refused for how it is written."""
    document = world.client.get("/v1/openapi.json").get_json()
    assert len(requests) == sum(len(item) for item in document["paths"].values())
    refused = {}
    for words in requests:
        if "/rollback/" in words[3]:
            continue  # release 1 of this workspace holds no definitions
        answer = sent(world, words)
        code = answer.json["code"] if answer.status_code >= 400 else ""
        if answer.status_code in {400, 401, 403, 405, 415, 428} and code not in ABOUT_THE_DATA:
            refused[" ".join(words[3:])] = (answer.status_code, code, answer.json["message"])
    assert refused == {}


def test_each_body_has_an_example(world: ReadRig) -> None:
    """For whoever reads the document and not the page; an operation that is added brings one along."""
    document = world.client.get("/v1/openapi.json").get_json()
    bodies = {
        (method, path): operation["requestBody"]["content"].get("application/json")
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "requestBody" in operation
    }
    assert [name for name, body in bodies.items() if body and "example" not in body] == []
