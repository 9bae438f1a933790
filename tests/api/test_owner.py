"""The owner of an account over the API: named, read, taken back, each by a named person."""

from __future__ import annotations

from tests.api.read_rig import ReadRig
from tests.api.test_motion import send as send_to
from tests.builders import WORKSPACE
from waypost_server.store.tables import ConsoleUser


def test_an_owner_is_named_told_and_left_to_the_trait(world: ReadRig) -> None:
    """The answer always says who it is, how that came, and everything that was said."""
    with world.database.write() as session:
        session.add(
            ConsoleUser(
                workspace_id=WORKSPACE,
                id="robin",
                email="robin@acme.example",
                name="Robin",
                role="csm",
                created_at=world.clock(),
            )
        )
    body = {"owner": "robin", "reason": "knows them", "by": "robin@acme.example"}
    status, found = send_to(world, "PUT", {**body, "owner": "nobody"}, what="owner")
    assert (status, found["code"]) == (400, "unknown_owner")
    status, found = send_to(world, "PUT", body, what="owner")
    assert (status, found["owner"], found["byHand"]) == (200, "robin", True)
    assert found["history"][0]["reason"] == "knows them"
    assert world.get("accounts/acme-0").get_json()["owner"] == "robin"
    status, found = send_to(world, "DELETE", query="?by=robin@acme.example", what="owner")
    assert (status, found["byHand"], found["history"][0]["byTrait"]) == (200, False, True)
    assert send_to(world, "GET", what="owner")[1]["owner"] == found["owner"]
    assert send_to(world, "DELETE", query="?by=robin@acme.example", what="owner")[0] == 409
