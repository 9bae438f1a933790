"""Another workspace's ids behave exactly like missing ones: every operation of the document, tried with both."""

from __future__ import annotations

import re
from typing import Any

from tests.api.read_rig import ReadRig

THEIRS = {
    "account_id": "other-acme-0",
    "user_id": "other-u0",
    "approval_id": "approval-other",
    "task_id": "task-other-acme-0",
    "signal_id": "signal-other-acme-0",
    "delivery_id": "delivery-other-acme-0",
    "first": "99",
    "second": "98",
    "run_id": "run-other-acme",
    "play": "only-of-the-other",
    "bulk_id": "bulk-of-the-other",
    "number": "99",  # releases are counted in each workspace: the number of one is no id of another's
    "nudge": "only-of-the-other",
    "workshop": "only-of-the-other",
    "slot_id": "slot-other-acme-0",
    "channel": "webhook",
    "name": "only-of-the-other",
    "draft": "other-draft",
}
QUERY = {
    "accountId": "other-acme-0",
    "userId": "other-u0",
    "segment": "small",
    "kind": "usage_decay",
}
BODIES: dict[str, dict[str, Any]] = {
    "done": {"outcome": "renewed"},
    "snooze": {"until": "2027-01-01T00:00:00Z"},
    "dismiss": {"reason": "not ours"},
    "reassign": {"owner": "nobody"},
    "leave": {"reason": "not ours"},
    "cancel": {"reason": "not ours"},
    "pause": {"reason": "not ours"},
    "bulk-starts": {"condition": {}},
    "runs": {"accountId": "acme-0"},
    "disable": {"reason": "not ours"},
    "address": {"address": "https://hooks.example.com/x"},
    "send": {"by": "ada"},
    "approve": {"by": "ada"},
    "reject": {"by": "ada", "reason": "not ours"},
    "skip": {"by": "ada", "reason": "not ours"},
    "motion": {"motion": "strategic", "until": "2027-01-01T00:00:00Z", "reason": "not ours", "by": "ada"},
    "owner": {"owner": "csm-1", "by": "ada"},
    "slots": {"startsAt": "2027-01-01T00:00:00Z", "by": "ada"},
    "{slot_id}": {"place": "elsewhere", "by": "ada"},
    "/v1/workshop-slots/{slot_id}/cancel": {"reason": "not ours", "by": "ada"},
    "attendance": {"by": "ada"},
    "{number}": {"message": "back"},
}

QUERIES = {("delete", "motion"): {"by": "ada"}, ("delete", "owner"): {"by": "ada"}}


def call(world: ReadRig, method: str, path: str, ids: dict[str, str]) -> Any:
    """Call an operation with our key and these ids in the path."""
    address = re.sub(r"{(\w+)}", lambda found: ids[found.group(1)], path)
    last = path.rpartition("/")[2]
    body = BODIES.get(path, BODIES.get(last, {})) if method in ("post", "put", "patch") else None
    headers = {"Authorization": f"Bearer {world.secret.text}"}
    return world.client.open(
        address, method=method.upper(), headers=headers, json=body, query_string=QUERIES.get((method, last))
    )


def test_foreign_ids_in_the_path_are_missing_ids(world: ReadRig) -> None:
    """Every operation with an id in its path answers the same 404 for a foreign id as for one nobody has."""
    document = world.client.get("/v1/openapi.json").get_json()
    numbers = {name: value for name, value in THEIRS.items() if value.isdigit()}
    missing = {**dict.fromkeys(THEIRS, "nobody-has-this"), **numbers}
    tried = 0
    for path, item in document["paths"].items():
        for method in item if "{" in path else ():
            foreign, absent = call(world, method, path, THEIRS), call(world, method, path, missing)
            assert (path, foreign.status_code) == (path, 404)
            assert foreign.get_data() == absent.get_data(), path
            assert dict(foreign.headers) == dict(absent.headers), path
            tried += 1
    assert tried >= 12
    state = world.get("tasks/task-other-acme-0", key=world.other_secret.text).get_json()["state"]
    assert state == "open"


def test_foreign_ids_in_filters_find_nothing(world: ReadRig) -> None:
    """Every list, filtered by a foreign id, is empty; unfiltered it never holds a foreign thing."""
    document = world.client.get("/v1/openapi.json").get_json()
    lists = 0
    for path, item in document["paths"].items():
        operation = item.get("get")
        if operation is None or "{" in path or "x-scope" not in operation or path == "/v1/explain":
            continue
        lists += 1
        assert "other-" not in world.get(path.removeprefix("/v1/")).get_data(as_text=True), path
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in ("accountId", "userId"):
                address = f"{path.removeprefix('/v1/')}?{parameter['name']}={QUERY[parameter['name']]}"
                assert world.get(address).get_json()["data"] == [], address
    assert lists >= 9


def test_explaining_a_foreign_user_tells_nothing(world: ReadRig) -> None:
    """A foreign user is explained exactly like an unknown one, but for the id in the question."""
    foreign = world.get("explain?userId=other-u0").get_data(as_text=True)
    unknown = world.get("explain?userId=nobody-00").get_data(as_text=True)
    assert foreign.replace("other-u0", "nobody-00") == unknown


def test_cursors_do_not_cross(world: ReadRig) -> None:
    """A cursor made in one workspace shows another workspace only its own things."""
    theirs = world.get("accounts?limit=1", key=world.other_secret.text).get_json()["next"]
    ours = world.get(f"accounts?cursor={theirs}").get_data(as_text=True)
    assert "other-" not in ours
