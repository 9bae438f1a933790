"""/v1/definitions and /v1/audience: what CI does with a secret key, and what others may not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import add_key
from tests.definitions.files import FILES
from waypost_server.store.tables import Account

OTHER = {**FILES, "policy.yaml": FILES["policy.yaml"].replace("max: 3", "max: 4")}


class Server:
    """POST and GET with a key of scope manage and read."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.key = add_key(rig.database, workspace_id=rig.workspace).text

    def call(self, path: str, body: Any = None, key: str | None = None) -> Any:
        """The response to one request below /v1."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        if body is None:
            return self.rig.client.get(f"/v1/{path}", headers=headers)
        return self.rig.client.post(f"/v1/{path}", json=body, headers=headers)


@pytest.fixture
def server(database_url: str) -> Server:
    """A server with an empty workspace."""
    return Server(Rig(database_url))


def test_validate_plan_apply_pull_and_rollback(server: Server) -> None:
    """The loop of a pull request, by HTTP alone."""
    assert server.call("definitions/validate", {"files": FILES}).get_json()["ok"] is True
    before = server.call("definitions").get_json()["number"]
    first = server.call("definitions/apply", {"files": FILES, "message": "first", "base": before}).get_json()
    assert (first["isNew"], first["number"]) == (True, before + 1)
    plan = server.call("definitions/plan", {"files": OTHER}).get_json()
    assert plan["base"] == first["number"]
    assert plan["changes"][0]["fields"] == [{"path": "caps[1].max", "before": "3", "after": "4"}]
    second = server.call("definitions/apply", {"files": OTHER}).get_json()["number"]
    assert server.call("definitions").get_json() == {
        "number": second,
        "environment": "",
        "files": OTHER,
    }
    diff = server.call(f"definitions/diff/{first['number']}/{second}").get_json()
    assert "+caps: [{max: 4, per: 7d}]" in diff["text"]
    back = server.call(f"definitions/rollback/{first['number']}", {}).get_json()
    assert (back["number"], len(back["undoes"])) == (second + 1, 1)
    assert server.call(f"definitions/{first['number']}").get_json()["files"] == FILES


def test_a_plan_tells_where_the_workspace_lives(server: Server) -> None:
    """So that a pull request warns before files of another environment are published."""
    files = {
        **FILES,
        "environments/staging.yaml": "policy: {}\n",
        "environments/live.yaml": "policy: {}\n",
    }
    assert server.call("definitions/apply", {"files": files, "environment": "staging"}).status_code == 200
    plan = server.call("definitions/plan", {"files": files, "environment": "live"}).get_json()
    assert (plan["wasEnvironment"], plan["environment"]) == ("staging", "live")


def test_refusals_say_where_and_what(server: Server) -> None:
    """An error in the files names file, line and remedy; an old base is a conflict."""
    broken = {**FILES, "in-app/hint.yaml": FILES["in-app/hint.yaml"].replace("user.role", "usr.role")}
    refused = server.call("definitions/plan", {"files": broken})
    assert refused.status_code == 400
    assert refused.get_json()["errors"][0]["remedy"] == "did you mean user.role"
    assert server.call("definitions/apply", {"files": FILES, "base": 77}).status_code == 409
    assert server.call("definitions/rollback/99", {}).status_code == 404


LOUD = {
    **FILES,
    "plays/drop.yaml": FILES["plays/drop.yaml"].replace(
        "strategic:\n  - task: {template: tips}", "strategic:\n  - email: {template: tips, to: {role: admin}}"
    ),
}


@pytest.mark.parametrize("path", ["releases", "definitions/apply", "definitions/rollback/{loud}"])
def test_no_route_publishes_what_newly_reaches_strategic_accounts(server: Server, path: str) -> None:
    """Whichever way is taken: refused with names, and done when the request says so."""
    loud = server.call("releases", {"files": LOUD}).get_json()["number"]  # nobody is strategic yet
    live = server.call("releases", {"files": FILES}).get_json()["number"]
    with server.rig.database.write() as session:
        session.add(
            Account(
                workspace_id=server.rig.workspace,
                id="big",
                name="Big Corp",
                traits={"plan": "enterprise"},
                traits_at={},
                motion="strategic",
            )
        )
    body: dict[str, Any] = {} if "rollback" in path else {"files": LOUD}
    refused = server.call(path.format(loud=loud), body)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "reaches_strategic")
    assert "Big Corp" in refused.get_json()["message"]
    assert server.call("definitions").get_json()["number"] == live
    done = server.call(path.format(loud=loud), {**body, "acceptStrategic": True})
    assert done.get_json()["number"] == live + 1


@pytest.mark.parametrize(("kilobytes", "status"), [(3_800, 200), (4_100, 400), (8_600, 413)])
def test_files_are_taken_up_to_the_size_that_is_promised(server: Server, kilobytes: int, status: int) -> None:
    """Four megabytes of files, and no more."""
    notes = {f"templates/n{n}.md": "x" * 100_000 for n in range(kilobytes // 100)}
    pushed = server.call("definitions/drafts", {"name": "big", "files": {**FILES, **notes}})
    assert pushed.status_code == status


def test_other_requests_stay_small(server: Server) -> None:
    """A megabyte is more than anything else needs."""
    assert server.call("contacts", {"summary": "x" * 3_000_000}).status_code == 413


def test_a_key_that_may_only_read_changes_nothing(server: Server) -> None:
    """plan and apply need manage."""
    reader = add_key(server.rig.database, workspace_id=server.rig.workspace, scopes=("read",)).text
    assert server.call("definitions", key=reader).status_code == 200
    assert server.call("definitions/apply", {"files": FILES}, key=reader).status_code == 403
    assert server.call("definitions/plan", {"files": FILES}, key=reader).status_code == 403


def test_audience(server: Server) -> None:
    """A condition is counted; a name that is no fact is refused with the nearest one."""
    server.call("definitions/apply", {"files": FILES})
    found = server.call("audience", {"condition": {"user.role": "admin"}}).get_json()
    assert found["exact"] is True
    assert found["users"] == 0
    refused = server.call("audience", {"condition": {"usr.role": "admin"}})
    assert (refused.status_code, "did you mean" in refused.get_json()["message"]) == (400, True)
    assert server.call("audience", {"nudge": "nope"}).status_code == 404
    assert server.call("audience", {}).status_code == 400


def test_a_draft_goes_back_and_forth(server: Server) -> None:
    """Files become a draft and come back byte for byte; edits of others are overwritten only when seen."""
    server.call("definitions/apply", {"files": FILES})
    odd = {**OTHER, "in-app/hint.yaml": "# \u00fc\r\n" + FILES["in-app/hint.yaml"]}
    pushed = server.call("definitions/drafts", {"name": "spring", "files": odd}).get_json()
    assert {(each["file"], each["what"]) for each in pushed["edits"]} == {
        ("policy.yaml", "changed"), ("in-app/hint.yaml", "changed")
    }  # fmt: skip
    assert [
        (each["name"], each["files"]) for each in server.call("definitions/drafts").get_json()["data"]
    ] == [("spring", 2)]
    assert server.call("definitions/drafts/spring").get_json()["files"] == odd
    refused = server.call("definitions/drafts", {"name": "spring", "files": FILES})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "draft_in_the_way")
    done = server.call("definitions/drafts", {"name": "spring", "files": FILES, "seen": pushed["stamp"]})
    assert done.get_json()["edits"] == []
    assert server.call("definitions/drafts/spring").status_code == 404
    server.call("definitions/drafts", {"name": "spring", "files": odd})
    assert server.call("definitions/drafts/spring/discard", {}).status_code == 204
    assert server.call("definitions/drafts/spring/discard", {}).status_code == 404
