"""Workshops over the API, and the page behind the links of an invitation; on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.api.read_rig import ReadRig
from tests.builders import WORKSPACE
from tests.services.test_workshops import TEACHING
from waypost_server.services.addresses import workshop_url
from waypost_server.services.drain import drain
from waypost_server.services.publish import publish
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.tables import ConsoleUser, Delivery, EndUser, WorkshopInvitation

BY = "robin@acme.example"


@pytest.fixture
def taught(world: ReadRig) -> ReadRig:
    """A workshop, somebody who may plan it, and a user with an address."""
    publish(world.app.extensions["waypost"], WORKSPACE, TEACHING, author="tests")
    with world.database.write() as session:
        who = {"id": "robin", "email": BY, "name": "Robin", "role": "csm", "created_at": world.clock()}
        session.add(ConsoleUser(workspace_id=WORKSPACE, **who))
        session.get_one(EndUser, (WORKSPACE, "u0")).email = "ada@acme.example"
    return world


def send(world: ReadRig, method: str, path: str, json: dict[str, Any] | None = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {world.secret.text}"}
    answer = world.client.open(f"/v1/{path}", method=method, headers=headers, json=json)
    return answer.status_code, answer.get_json()


def planned(world: ReadRig) -> dict[str, Any]:
    at = (world.clock() + timedelta(days=6)).isoformat()
    status, slot = send(world, "POST", "workshops/basics/slots", {"startsAt": at, "capacity": 1, "by": BY})
    assert status == 201, slot
    return dict(slot)


def invited(world: ReadRig) -> tuple[WorkshopInvitation, str]:
    """An invitation to the slot, and the path of its page."""
    runtime = world.app.extensions["waypost"]
    start_run(runtime, WORKSPACE, Wish("teach", "acme-0", actor="robin", occurrence="1", anyway=True))
    drain(runtime)
    with world.database.read() as session:
        one = session.query(WorkshopInvitation).filter_by(user_id="u0").one()
        session.expunge(one)
    return one, workshop_url(runtime, WORKSPACE, one.id).removeprefix(runtime.base_url)


def test_a_slot_is_planned_moved_and_called_off(taught: ReadRig) -> None:
    """Each by a named person; the list tells what there is and when the next one begins."""
    slot = planned(taught)
    assert (slot["workshop"], slot["capacity"], slot["place"]) == (
        "basics",
        1,
        "https://meet.example.com/basics",
    )
    found = send(taught, "GET", "workshops")[1]["data"]
    assert [each["key"] for each in found] == ["basics"]
    moved = send(taught, "PATCH", f"workshop-slots/{slot['id']}", {"place": "Room 4", "by": BY})[1]
    assert (moved["place"], moved["startsAt"]) == ("Room 4", slot["startsAt"])
    off = {"reason": "Robin is ill", "by": BY}
    assert send(taught, "POST", f"workshop-slots/{slot['id']}/cancel", off)[1]["state"] == "cancelled"
    assert send(taught, "POST", f"workshop-slots/{slot['id']}/cancel", off)[0] == 409
    refused = send(
        taught, "POST", "workshops/basics/slots", {"startsAt": slot["startsAt"], "by": "x@y.example"}
    )
    assert (refused[0], refused[1]["code"]) == (400, "unknown_person")


def test_looking_at_an_invitation_changes_nothing_and_pressing_answers(taught: ReadRig) -> None:
    """Scanners fetch both links; only the POST counts. Strict policy, no script, no cookie."""
    planned(taught)
    one, path = invited(taught)
    for query in ("", "?answer=yes", "?answer=no"):
        page = taught.client.get(path + query)
        assert page.status_code == 200 and "Automations, from zero" in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "<script" not in page.text and "Set-Cookie" not in page.headers
        first = re.search(r'value="(yes|no)"', page.text)
        assert first is not None and first[1] == ("no" if query.endswith("no") else "yes")
    shown = send(taught, "GET", f"workshop-slots/{one.slot_id}/invitations")[1]["data"]
    assert [(each["userId"], each["state"]) for each in shown] == [("u0", "invited")]
    assert "See you there" in taught.client.post(path, data={"answer": "yes"}).text
    assert "Ihre Antwort" in taught.client.get(path, headers={"Accept-Language": "de"}).text
    assert "Thank you for saying so" in taught.client.post(path, data={"answer": "no"}).text
    assert taught.client.get(path[:-3]).status_code == 404


def test_the_host_says_over_the_api_who_came(taught: ReadRig) -> None:
    """Before the doors open it is a conflict; afterwards the same twice changes nothing."""
    slot = planned(taught)
    one, _path = invited(taught)
    body = {"attended": [one.user_id], "by": BY}
    path = f"workshop-slots/{slot['id']}/attendance"
    assert send(taught, "POST", path, body)[0] == 409
    taught.clock.move(days=6, hours=1)
    assert send(taught, "POST", path, body)[1] == {"marked": 1}
    assert send(taught, "POST", path, body)[1] == {"marked": 0}
    counts = send(taught, "GET", "workshops")[1]["data"][0]["counts"]
    assert (counts["invited"], counts["attended"]) == (1, 1)
    with taught.database.read() as session:
        assert {each.calendar for each in session.query(Delivery) if each.invitation_id} == {"request"}
