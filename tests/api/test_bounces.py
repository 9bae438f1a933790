"""Bounces and complaints over the API, as a report or as JSON."""

from __future__ import annotations

from tests.api.read_rig import ReadRig
from tests.channels.reports import dsn


def test_a_provider_reports_a_bounce_as_json(world: ReadRig) -> None:
    """It stops the address; said twice it is known."""
    given = {"deliveryId": "delivery-acme-0", "kind": "hard", "status": "5.1.1", "reportId": "r1"}
    headers = {"Authorization": f"Bearer {world.secret.text}"}
    first = world.client.post("/v1/bounces", json=given, headers=headers).get_json()
    assert first == {"taken": 1, "known": 0, "unmatched": 0, "suppressed": 1}
    assert world.client.post("/v1/bounces", json=given, headers=headers).get_json()["known"] == 1
    theirs = {**given, "deliveryId": "delivery-other-acme-0"}
    assert world.client.post("/v1/bounces", json=theirs, headers=headers).get_json()["unmatched"] == 1
    public = {"Authorization": f"Bearer {world.public.text}"}
    assert world.client.post("/v1/bounces", json=given, headers=public).status_code in (401, 403)


def test_a_mail_servers_report_comes_as_it_is(world: ReadRig) -> None:
    """Only as message/rfc822; what is no report is taken as nothing."""
    headers = {"Authorization": f"Bearer {world.secret.text}", "Content-Type": "message/rfc822"}
    raw = dsn("delivery-acme-1")
    answer = world.client.post("/v1/bounces/raw", data=raw, headers=headers)
    assert (answer.status_code, answer.get_json()["taken"]) == (200, 1)
    nothing = world.client.post("/v1/bounces/raw", data=b"Subject: hello\n\nhi", headers=headers)
    assert nothing.get_json() == {"taken": 0, "known": 0, "unmatched": 0, "suppressed": 0}
    wrong = {**headers, "Content-Type": "text/plain"}
    assert world.client.post("/v1/bounces/raw", data=raw, headers=wrong).status_code == 415
