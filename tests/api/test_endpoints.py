"""Endpoints and sending again, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.read_rig import ReadRig
from tests.services.play_rig import FILES
from waypost_server.services.publish import publish


@pytest.fixture
def rig(world: ReadRig) -> ReadRig:
    """The world's workspace with a webhook and a chat room."""
    rooms = "chat: {cs-team: {service: slack}}\n"
    files = {**FILES, "policy.yaml": FILES["policy.yaml"] + rooms}
    publish(world.app.extensions["waypost"], world.workspace, files, author="tests")
    return world


def _post(rig: ReadRig, path: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {rig.secret.text}"}
    return rig.client.post(f"/v1/{path}", json=body, headers=headers)


def test_an_integration_switches_endpoints_and_changes_secrets(rig: ReadRig) -> None:
    """Everything that the console can do."""
    states = {each["name"]: each["state"] for each in rig.get("endpoints").get_json()["data"]}
    assert states == {"crm-note": "ok", "cs-team": "unset"}
    assert _post(rig, "endpoints/webhook/crm-note/disable", {"reason": "moves"}).status_code == 204
    assert _post(rig, "endpoints/webhook/crm-note/disable", {"reason": "moves"}).status_code == 409
    assert _post(rig, "endpoints/webhook/crm-note/enable").get_json() == {"freed": 0}
    first = _post(rig, "endpoints/webhook/crm-note/rotate").get_json()["secret"]
    assert first.startswith("whsec_")
    assert first != _post(rig, "endpoints/webhook/crm-note/rotate").get_json()["secret"]
    address = {"address": "https://hooks.slack.com/services/T0/B0/long-enough-abcd"}
    assert _post(rig, "endpoints/chat/cs-team/address", address).status_code == 204
    shown = next(each for each in rig.get("endpoints").get_json()["data"] if each["channel"] == "chat")
    assert (shown["state"], shown["address"]) == ("ok", "hooks.slack.com/…abcd")


def test_a_message_is_sent_again(rig: ReadRig) -> None:
    """What was sent by e-mail is not; what is unknown is, once."""
    assert _post(rig, "deliveries/delivery-acme-0/resend").status_code == 409
    with rig.database.write() as session:
        session.connection().exec_driver_sql("update delivery set state = 'unknown'")
    assert _post(rig, "deliveries/delivery-acme-0/resend").get_json()["state"] == "pending"
    assert _post(rig, "deliveries/delivery-acme-0/resend").status_code == 409
