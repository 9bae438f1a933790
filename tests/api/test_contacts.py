"""POST /v1/contacts: a person's call counts like a nudge, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import add_key, add_workspace, make_event
from waypost_server.store.tables import Touch

CALL = {"id": "crm-1", "accountId": "acme", "userId": "u1", "channel": "call", "at": "2026-11-23T08:00:00Z"}


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    """A workspace that knows u1 of acme."""
    rig = Rig(database_url)
    rig.batch(make_event())
    yield rig
    rig.close()


def touches(rig: Rig) -> list[tuple[Any, ...]]:
    return rig.rows("select id, account_id, user_id, channel from touch where workspace_id = :w order by id")


def test_a_contact_is_a_touch_once(rig: Rig) -> None:
    """Repeated it changes nothing and answers the same; it is in the audit once."""
    first, again = rig.post("contacts", CALL), rig.post("contacts", CALL)
    assert first.status_code == again.status_code == 200
    assert first.json == again.json == {**CALL, "at": "2026-11-23T08:00:00.000Z", "note": ""}
    assert touches(rig) == [("contact:crm-1", "acme", "u1", "call")]
    assert rig.one("select count(*) from audit where action = 'contact.log'") == 1


def test_a_contact_with_the_account_at_large(rig: Rig) -> None:
    """Without a user and a time it counts for the account, now."""
    body = {"id": "crm-2", "accountId": "acme", "channel": "meeting"}
    assert rig.post("contacts", body).json == {
        **body,
        "userId": "",
        "at": "2026-11-23T10:00:00.000Z",
        "note": "",
    }


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"accountId": "nobody"}, 404), ({"userId": "nobody"}, 404), ({"channel": "fax"}, 400),
        ({"at": "2026-11-24T08:00:00Z"}, 400), ({"at": "yesterday"}, 400), ({"id": "a b"}, 400), ({"id": ""}, 400),
        ({"at": "0001-01-01T00:00:00+14:00"}, 400), ({"notes": "x"}, 400), ({"taskId": "nobody"}, 404),
    ],
)  # fmt: skip
def test_what_is_refused(rig: Rig, changes: dict[str, Any], status: int) -> None:
    """Unknown people, unknown words, the future and odd ids leave no touch."""
    assert rig.post("contacts", {**CALL, **changes}).status_code == status
    assert touches(rig) == []


def test_an_id_is_for_one_contact(rig: Rig) -> None:
    """The same id for another channel is a conflict, and the first stays."""
    rig.post("contacts", CALL)
    assert rig.post("contacts", {**CALL, "channel": "meeting"}).status_code == 409
    assert touches(rig) == [("contact:crm-1", "acme", "u1", "call")]


def test_only_a_key_that_manages_may_log(rig: Rig) -> None:
    """A public key and a reading key are refused; another workspace's account does not exist."""
    reading = add_key(rig.database, scopes=["read"])
    assert rig.post("contacts", CALL, rig.public.text).status_code in (401, 403)
    assert rig.post("contacts", CALL, reading.text).status_code == 403
    theirs = add_key(rig.database, workspace_id=add_workspace(rig.database, "other"))
    assert rig.post("contacts", CALL, theirs.text).status_code == 404
    with rig.database.read() as session:
        assert session.query(Touch).count() == 0


def test_what_came_of_it_is_kept(rig: Rig) -> None:
    """The note stays with the contact."""
    answer = rig.post("contacts", {**CALL, "note": "Ada is on leave until Monday."})
    assert answer.json["note"] == "Ada is on leave until Monday."
    assert rig.rows("select note from touch where workspace_id = :w") == [("Ada is on leave until Monday.",)]
