"""What the secret key reads: each thing, each list, its pages and its errors."""

from __future__ import annotations

import base64
from typing import Any

from tests.api.read_rig import ReadRig

LISTS = {
    "accounts": 3,
    "accounts/acme-0/users": 1,
    "accounts/acme-0/usage": 3,
    "users/u0/usage": 3,
    "milestones": 6,
    "signals": 3,
    "tasks": 3,
    "plays/runs": 3,
    "deliveries": 3,
    "releases": 2,
    "quarantine": 3,
}

FILTERS = [
    ("milestones?state=reached", 3),
    ("milestones?state=open", 3),
    ("milestones?userId=u1", 1),
    ("milestones?accountId=acme-1&milestone=first_automation", 1),
    ("signals?state=open&kind=usage_decay&accountId=acme-2", 1),
    ("signals?state=closed", 0),
    ("tasks?state=open&accountId=acme-2", 1),
    ("tasks?owner=nobody", 0),
    ("deliveries?state=sent&accountId=acme-2", 1),
    ("deliveries?state=failed", 0),
    ("plays/runs?play=usage-drop&state=waiting", 3),
    ("quarantine?code=bad_timestamp", 3),
    ("accounts?segment=small&motion=long_tail", 3),
]
BAD_REQUESTS: list[tuple[str, str, str | None]] = [
    ("accounts?limit=0", "invalid", "/limit"),
    ("accounts?limit=201", "invalid", "/limit"),
    ("accounts?limit=1.0", "invalid", "/limit"),
    ("accounts?limit=x", "invalid", "/limit"),
    ("accounts?accountID=acme", "invalid", "/accountID"),
    ("tasks?state=late", "invalid", "/state"),
    ("tasks?accountId=%00", "invalid", "/accountId"),
    ("stats?from=yesterday", "invalid", "/from"),
    ("stats?from=2026-11-23&to=2026-11-01", "bad_span", None),
    ("stats?from=2020-01-01&to=2026-11-01", "bad_span", None),
    ("accounts?cursor=%21%21", "bad_cursor", None),
    ("accounts?cursor=WzFd", "bad_cursor", None),
    ("accounts?cursor=W10", "bad_cursor", None),
    ("accounts/acme-0/usage?cursor=WyJ4IiwieSJd", "bad_cursor", None),
]
BAD_BODIES = [
    (b"{", 400, "bad_json"),
    (b"[]", 400, "invalid"),
    (b'{"outcome": 3}', 400, "invalid"),
    (b'{"outcome": ""}', 400, "invalid"),
    (b'{"outcome": "x", "extra": 1}', 400, "invalid"),
    (b'{"outcome": "\\u0000"}', 400, "invalid"),
    (b'{"outcome": "\\ud800"}', 400, "invalid"),
    (b"", 400, "invalid"),
    (b"\xff", 400, "bad_json"),
    (b'{"outcome": ' + b"[" * 100_000, 400, "too_deep"),
    (b'{"outcome": ' + b"9" * 5_000 + b"}", 400, "bad_json"),
]


def test_pages_hold_everything_once(world: ReadRig) -> None:
    """Walking a list one item at a time gives what one large page gives, in the same order."""
    for path, count in LISTS.items():
        whole = world.get(f"{path}?limit=200").get_json()
        assert (path, whole["next"], len(whole["data"])) == (path, None, count)
        assert world.every(path) == whole["data"], path


def test_one_account(world: ReadRig) -> None:
    """An account comes with its traits and counts, in camelCase."""
    account = world.get("accounts/acme-0").get_json()
    assert account["name"] == "Acme-0" and account["traits"] == {"plan": "growth", "mrr": 400}
    counts = {name: account[name] for name in ("users", "milestonesReached", "openSignals", "openTasks")}
    assert counts == {"users": 1, "milestonesReached": 1, "openSignals": 1, "openTasks": 1}


def test_one_user(world: ReadRig) -> None:
    """A user comes with the accounts they belong to."""
    user = world.get("users/u1").get_json()
    assert user["trust"] == "server"
    assert [(each["accountId"], each["role"]) for each in user["accounts"]] == [("acme-1", "admin")]


def test_usage_by_feature_and_day(world: ReadRig) -> None:
    """Usage counts are per feature and day, between two days, for one feature if asked."""
    usage = world.get("accounts/acme-0/usage?from=2026-11-22&to=2026-11-23").get_json()["data"]
    assert usage == [
        {"day": "2026-11-22", "feature": "report_export", "count": 2, "users": 1},
        {"day": "2026-11-23", "feature": "report_export", "count": 1, "users": 1},
    ]
    assert world.get("accounts/acme-0/usage?feature=other").get_json()["data"] == []
    mine = world.get("users/u0/usage?accountId=acme-0&from=2026-11-23").get_json()["data"]
    assert mine == [{"day": "2026-11-23", "feature": "report_export", "accountId": "acme-0", "count": 1}]


def test_filters(world: ReadRig) -> None:
    """Filters are exact and combine."""
    for path, count in FILTERS:
        assert (path, len(world.get(path).get_json()["data"])) == (path, count)


def test_task_and_delivery_detail(world: ReadRig) -> None:
    """A task comes with its history, a delivery with its attempts; times end in Z."""
    task = world.get("tasks/task-acme-0").get_json()
    assert [event["kind"] for event in task["events"]] == ["created"]
    assert task["dueAt"] == "2026-11-25T10:00:00.000Z"
    delivery = world.get("deliveries/delivery-acme-0").get_json()
    assert [(each["n"], each["outcome"]) for each in delivery["attempts"]] == [(1, "sent")]


def test_stats(world: ReadRig) -> None:
    """Counts are summed over shards, per day and over the span."""
    stats = world.get("stats?from=2026-11-01&to=2026-11-23").get_json()
    assert (stats["accepted"], stats["duplicate"], stats["quarantined"]) == (80, 4, 2)
    assert stats["days"] == [{"day": "2026-11-23", "accepted": 80, "duplicate": 4, "quarantined": 2}]


def test_tasks_move(world: ReadRig) -> None:
    """The states of a task are reached through the API, and each step is in its history."""
    for action, body, state in (
        ("acknowledge", None, "acknowledged"),
        ("snooze", {"until": "2026-12-01T08:00:00Z"}, "snoozed"),
        ("done", {"outcome": "renewed"}, "done"),
        ("reopen", None, "open"),
        ("dismiss", {"reason": "left already"}, "dismissed"),
    ):
        answer = world.post(f"tasks/task-acme-0/{action}", body if body is not None else b"")
        assert (answer.status_code, answer.get_json()["state"]) == (200, state)
    kinds = [event["kind"] for event in world.get("tasks/task-acme-0").get_json()["events"]]
    assert sorted(kinds) == sorted(["created", "acknowledged", "snoozed", "done", "reopened", "dismissed"])
    again = world.post("tasks/task-acme-0/acknowledge", b"")
    assert (again.status_code, again.get_json()["code"]) == (409, "conflict")


def test_bad_requests_name_the_field(world: ReadRig) -> None:
    """What is wrong is a 400 problem with a code and, for a field, a pointer to it."""
    for path, code, pointer in BAD_REQUESTS:
        answer = world.get(path)
        body = answer.get_json()
        assert (path, answer.status_code, answer.mimetype) == (path, 400, "application/problem+json")
        assert (path, body["code"]) == (path, code)
        assert body["message"].strip()
        if pointer is not None:
            assert [(each["pointer"], each["in"]) for each in body["errors"]] == [(pointer, "query")]


def test_bad_bodies(world: ReadRig) -> None:
    """A body that is not what the schema says is a clear 400."""
    for body, status, code in BAD_BODIES:
        answer = world.post("tasks/task-acme-0/done", body)
        assert (body, answer.status_code, answer.get_json()["code"]) == (body, status, code)


def test_other_media_types_are_refused(world: ReadRig) -> None:
    """A form is not JSON: 415."""
    answer = world.client.post(
        "/v1/tasks/task-acme-0/done",
        data={"outcome": "x"},
        headers={"Authorization": f"Bearer {world.secret.text}"},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


def test_keys_and_scopes(world: ReadRig) -> None:
    """No key and a wrong key are 401, a public key and a secret key in a browser 403, before anything else."""
    assert world.client.get("/v1/accounts?limit=x").status_code == 401
    assert world.get("accounts", key="wp_sk_wrong").status_code == 401
    public = world.get("accounts", key=world.public.text)
    assert (public.status_code, public.get_json()["code"]) == (403, "scope_missing")
    browser = world.get("accounts", Origin="https://shop.example")
    assert (browser.status_code, browser.get_json()["code"]) == (403, "secret_key_in_browser")
    manage = world.post("tasks/task-acme-0/reopen", b"", key=world.public.text)
    assert manage.status_code == 403
    basic = base64.b64encode(f"{world.secret.text}:".encode()).decode()
    assert world.client.get("/v1/accounts", headers={"Authorization": f"Basic {basic}"}).status_code == 200


def test_other_methods_are_405_with_allow(world: ReadRig) -> None:
    """A method a route does not know is a problem that keeps the Allow header."""
    answer = world.client.delete("/v1/accounts", headers={"Authorization": f"Bearer {world.secret.text}"})
    assert answer.status_code == 405
    assert {"GET", "HEAD", "OPTIONS"} == {each.strip() for each in answer.headers["Allow"].split(",")}
    assert answer.get_json()["code"] == "method_not_allowed"


def test_unknown_addresses_are_problems(world: ReadRig) -> None:
    """An address that does not exist is a 404 problem."""
    answer: Any = world.get("nothing-here")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_publishing_bad_definitions_names_file_and_line(world: ReadRig) -> None:
    """Definitions with an error are refused with one entry for each finding."""
    answer = world.post("releases", {"files": {"catalog.yaml": "product: Acme\nfeatured: {}\n"}})
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (400, "definitions_refused")
    assert body["errors"][0]["pointer"] == "/files/catalog.yaml"
    assert body["errors"][0]["line"] >= 1 and body["errors"][0]["message"]


def test_publishing_definitions(world: ReadRig) -> None:
    """Good definitions become the next release, once."""
    feature = "  report_export:\n    title: Reports\n    events: [Report Exported]\n"
    files = {"catalog.yaml": f"product: Acme\nfeatures:\n{feature}"}
    first = world.post("releases", {"files": files, "message": "first"})
    assert (first.status_code, first.get_json()) == (201, {"number": 3})
    assert world.post("releases", {"files": files}).get_json() == {"number": 3}
    newest = world.get("releases?limit=1").get_json()["data"][0]
    assert (newest["number"], newest["message"]) == (3, "first")
    assert newest["author"] == f"key {world.secret.id}"
