"""docs/security.md tells the truth about headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.api.read_rig import ReadRig

PAGE = (Path(__file__).parent.parent.parent / "docs" / "security.md").read_text()
BLOCKS = re.findall(r"for example `([^`]+)`:\n\n```http\n(.*?)\n```", PAGE, re.S)


def test_three_kinds_of_answers_are_told() -> None:
    """The console, pages behind links in mails, and the API."""
    assert [path for path, _ in BLOCKS] == ["/console/login", "/u/torn", "/v1/accounts"]


@pytest.mark.parametrize(("path", "block"), BLOCKS, ids=[path for path, _ in BLOCKS])
def test_headers_are_sent_as_they_are_told(world: ReadRig, path: str, block: str) -> None:
    """Each line of the page is a header of the answer."""
    sent = world.client.get(path, headers={"Authorization": f"Bearer {world.secret.text}"}).headers
    told = dict(line.split(": ", 1) for line in block.splitlines())
    assert {name: sent.get(name) for name in told} == told
