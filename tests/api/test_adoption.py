"""Adoption over HTTP: an account, the list, the gap, and a person's next step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import make_event
from waypost_server.services.evaluate import evaluate_due

CATALOG = """
product: Acme
features:
  launch: {title: Launch, events: [Launched]}
  export: {title: Export, events: [Exported]}
roles: {admin: Admin, analyst: Analyst}
segments: {large: {title: Large, when: {account.plan: enterprise}}}
"""
ADOPTION = """
version: 3
segments:
  default:
    behaviours:
      - {key: launches, title: Launch often, feature: launch, count: 3}
      - {key: exports, title: Analysts export, feature: export, role: [analyst], share_of_users: 0.5}
"""


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    """Two accounts: acme has launched three times, beta once."""
    rig = Rig(database_url)
    rig.publish(catalog=CATALOG, adoption=ADOPTION)
    rig.clock.move(seconds=2)
    for user, account, times in (("ann", "acme", 3), ("bob", "beta", 1)):
        where = {"groupId": account}
        role = {"email": f"{user}@example.com", "role": "analyst"}
        rig.batch(make_event(type="identify", userId=user, traits=role, context=where))
        rig.batch(*(make_event(event="Launched", userId=user, context=where) for _ in range(times)))
    evaluate_due(rig.app.extensions["waypost"], rig.workspace)
    yield rig
    rig.close()


def get(rig: Rig, path: str, status: int = 200) -> dict:
    answer = rig.client.get(f"/v1/{path}", headers={"Authorization": f"Bearer {rig.secret.text}"})
    assert answer.status_code == status, answer.text
    return dict(answer.json)


def test_an_account_shows_what_is_met_what_is_missing_and_what_comes_next(rig: Rig) -> None:
    """Read afresh: a use a second ago counts."""
    found = get(rig, "accounts/acme/adoption")
    assert (found["version"], found["segment"], found["state"]) == (3, "default", "partial")
    assert [(each["key"], each["met"]) for each in found["behaviours"]] == [
        ("launches", True),
        ("exports", False),
    ]
    assert found["nextStep"]["title"] == "Analysts export"
    assert found["nextStep"]["reason"] == "0 of 1 people, 50 % wanted so far"
    rig.batch(make_event(event="Exported", userId="ann", context={"groupId": "acme"}))
    assert get(rig, "accounts/acme/adoption")["state"] == "adopted"
    assert get(rig, "accounts/nobody/adoption", 404)["code"] == "not_found"


def test_the_list_and_the_gap_name_what_is_missing(rig: Rig) -> None:
    """The largest gap first, with counts and the states of each segment."""
    first = get(rig, "adoption?limit=1")
    assert [(each["accountId"], each["unmet"]) for each in first["data"]] == [("acme", ["exports"])]
    second = get(rig, f"adoption?limit=1&cursor={first['next']}")
    assert [each["unmet"] for each in second["data"]] == [["launches", "exports"]] and second["next"] is None
    gap = get(rig, "adoption/gap")
    assert [(each["behaviour"], each["met"], each["accounts"]) for each in gap["cells"]] == [
        ("exports", 0, 2),
        ("launches", 1, 2),
    ]
    assert gap["states"] == {"default": {"adopted": 0, "partial": 1, "not": 1}}
    assert get(rig, "adoption/gap?segment=large")["cells"] == []


def test_a_person_has_a_next_step_of_their_role(rig: Rig) -> None:
    """With the reason; unknown people and accounts are not found."""
    found = get(rig, "users/bob/next-step")
    assert (found["accountId"], found["nextStep"]["key"]) == ("beta", "launches")
    assert found["nextStep"]["reason"] == "1 of 3 uses so far; in the account 1 of 3 uses"
    get(rig, "users/nobody/next-step", 404)
    get(rig, "users/bob/next-step?accountId=acme", 404)


def test_scores_of_an_old_week_are_not_the_newest(rig: Rig) -> None:
    """After a month without a look there is nothing fresh to list."""
    rig.clock.move(weeks=4)
    assert get(rig, "adoption")["data"] == []
