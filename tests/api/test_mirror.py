"""PATCH /v1/tasks: a CRM mirrors tasks, from the version it knows, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.read_rig import ReadRig

PATH = "tasks/task-acme-0"


def patch(world: ReadRig, body: dict[str, Any], version: str | None) -> Any:
    headers = {"Authorization": f"Bearer {world.secret.text}"}
    headers |= {"If-Match": version} if version else {}
    return world.client.patch(f"/v1/{PATH}", headers=headers, json=body)


def test_a_change_goes_from_version_to_version(world: ReadRig) -> None:
    """The tag of the answer is the next If-Match; an old one, none, or nonsense changes nothing."""
    first = world.get(PATH)
    assert first.headers["ETag"] == '"1"'
    body = {"state": "done", "outcome": "Call booked", "externalId": "CRM-7"}
    changed = patch(world, body, first.headers["ETag"])
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"3"')
    assert (changed.json["state"], changed.json["externalId"], changed.json["version"]) == (
        "done",
        "CRM-7",
        3,
    )
    for version, status in (('"1"', 412), (None, 428), ("3", 400), ('"x"', 400)):
        assert patch(world, {"note": "late"}, version).status_code == status
    assert world.get(PATH).json["version"] == 3
    assert patch(world, {"externalId": "CRM-7", "state": "done"}, '"3"').headers["ETag"] == '"3"'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"state": "snoozed"}, 400), ({"state": "done"}, 400), ({"state": "resolved"}, 400),
        ({"owner": "nobody@acme.example"}, 400), ({"title": "Mine"}, 400),
    ],
)  # fmt: skip
def test_a_change_that_lacks_a_word_is_refused(world: ReadRig, body: dict[str, Any], status: int) -> None:
    """What a person must say, a machine must say too."""
    assert patch(world, body, '"1"').status_code == status
    assert world.get(PATH).json["version"] == 1
