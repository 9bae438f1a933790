"""Publishing: numbered releases without gaps, and none when nothing changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.definitions.files import FILES
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.publish import RefusedError, publish
from waypost_server.store import audit, releases
from waypost_server.store.database import Database

OTHER = {**FILES, "policy.yaml": FILES["policy.yaml"].replace("max: 3", "max: 4")}


@pytest.fixture
def workspace(database: Database) -> str:
    """A workspace."""
    return add_workspace(database)


def test_releases_are_numbered_and_kept(database: Database, workspace: str) -> None:
    """Each change is a release of its own, with its files, author and message; the newest is live."""
    runtime = make_runtime(database)
    assert publish(runtime, workspace, FILES, author="jo", message="first") == 1
    assert publish(runtime, workspace, OTHER, author="jo") == 2
    with database.read() as session:
        assert releases.live(session, workspace) == (2, OTHER)
        assert releases.files(session, workspace, 1) == FILES
        entries = [(row.action, row.object, row.actor) for row in audit.page(session, workspace, limit=10)]
    assert entries == [("release.publish", "2", "jo"), ("release.publish", "1", "jo")]


def test_the_same_files_make_no_release(database: Database, workspace: str) -> None:
    """Publishing what is live already changes nothing; going back to older files is a new release."""
    runtime = make_runtime(database)
    numbers = [
        publish(runtime, workspace, files, author="jo") for files in (FILES, dict(reversed(FILES.items())))
    ]
    numbers += [publish(runtime, workspace, files, author="jo") for files in (OTHER, FILES)]
    assert numbers == [1, 1, 2, 3]


def test_errors_forbid_publishing(database: Database, workspace: str) -> None:
    """Files with an error are refused whole, and every error is named."""
    broken = {**FILES, "in-app/hint.yaml": FILES["in-app/hint.yaml"].replace("user.role", "usr.role")}
    with pytest.raises(RefusedError) as caught:
        publish(make_runtime(database), workspace, broken, author="jo")
    assert "in-app/hint.yaml:5" in caught.value.message
    assert caught.value.detail["errors"][0]["remedy"] == "did you mean user.role"
    with database.read() as session:
        assert releases.live(session, workspace) is None


def test_a_broken_template_forbids_publishing(database: Database, workspace: str) -> None:
    """Templates are checked at the door too."""
    broken = {**FILES, "templates/tips.md": "---\nsubject: a\n---\n{{ 'x' * 9 }}\n"}
    with pytest.raises(RefusedError):
        publish(make_runtime(database), workspace, broken, author="jo")


def test_an_unknown_workspace(database: Database) -> None:
    """There is nothing to publish to."""
    with pytest.raises(NotFoundError):
        publish(make_runtime(database), "nowhere", FILES, author="jo")


def test_many_publishers_make_no_gap(database: Database, workspace: str) -> None:
    """Publishers at the same moment queue: as many numbers as changes, none twice."""
    runtime = make_runtime(database)

    def one(number: int) -> int:
        files = {**FILES, "policy.yaml": FILES["policy.yaml"].replace("max: 3", f"max: {number + 10}")}
        return publish(runtime, WORKSPACE, files, author="jo")

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(12))) == list(range(1, 13))


def test_the_next_decision_sees_it(database: Database, workspace: str) -> None:
    """The publishing process uses the new release at once."""
    runtime = make_runtime(database)
    publish(runtime, workspace, FILES, author="jo")
    with database.read() as session:
        assert runtime.releases.live(session, workspace).number == 1
        publish(runtime, workspace, OTHER, author="jo")
    with database.read() as session:
        assert runtime.releases.live(session, workspace).number == 2
