"""The motion of an account over the API: set, read, taken back, each by a named person."""

from __future__ import annotations

from tests.api.read_rig import ReadRig
from tests.builders import WORKSPACE
from tests.services.play_rig import FILES
from waypost_server.services.publish import publish
from waypost_server.store.tables import ConsoleUser

BODY = {
    "motion": "strategic",
    "until": "2027-01-31T00:00:00Z",
    "reason": "they decide on the renewal",
    "by": "Robin@acme.example",
}


def send(
    world: ReadRig, method: str, json: dict[str, str] | None = None, query: str = "", what: str = "motion"
) -> tuple[int, dict]:  # type: ignore[type-arg]
    headers = {"Authorization": f"Bearer {world.secret.text}"}
    answer = world.client.open(
        f"/v1/accounts/acme-0/{what}{query}", method=method, headers=headers, json=json
    )
    return answer.status_code, answer.get_json()


def test_a_motion_is_set_told_and_taken_back(world: ReadRig) -> None:
    """The answer always says what is in force, and everything that was said."""
    publish(world.app.extensions["waypost"], WORKSPACE, FILES, author="tests")
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
    status, found = send(world, "PUT", {**BODY, "by": "nobody@acme.example"})
    assert (status, found["code"]) == (400, "unknown_person")
    status, found = send(world, "PUT", BODY)
    assert (status, found["motion"]) == (200, "strategic")
    assert (found["history"][0]["person"], found["history"][0]["ended"]) == ("robin", None)
    assert world.get("accounts/acme-0").get_json()["motion"] == "strategic"
    status, found = send(world, "DELETE", query="?by=robin@acme.example")
    assert (status, found["motion"]) == (200, "long_tail")
    assert send(world, "GET")[1]["history"][0]["ended"] == "withdrawn"
    assert send(world, "DELETE", query="?by=robin@acme.example")[0] == 409
