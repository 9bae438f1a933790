"""Publishing the careful way costs what changes: where nothing does, nobody is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import FILES, NUDGE, PlayRig
from tests.statements import statements
from waypost_server.services.apply import Applied, apply
from waypost_server.services.plan import plan
from waypost_server.services.publish import digest_of
from waypost_server.store import releases
from waypost_server.store.database import Database

PEOPLE = ("account", "end_user", "membership")


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """Release 1 is live, and an account with people is there to be counted."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_account()
    return rig


def _looks_at_people(seen: list[str]) -> bool:
    return any(f" {table}" in statement for statement in seen for table in PEOPLE)


def _apply(rig: PlayRig, files: dict[str, str]) -> tuple[Applied, list[str]]:
    with statements(rig.database) as seen:
        done = apply(rig.runtime, WORKSPACE, files, author="jo")
    return done, seen


def test_equal_files_are_not_counted(rig: PlayRig) -> None:
    """A look at the live release, whatever the order of the files, and the answer says that nothing is new."""
    done, seen = _apply(rig, dict(reversed(FILES.items())))
    assert (done.number, done.is_new, done.plan.changes) == (1, False, ())
    assert not _looks_at_people(seen)


def test_equal_files_are_not_read(rig: PlayRig) -> None:
    """So a release of an earlier version, whose files this one would refuse, can be applied again too."""
    old = {"catalog.yaml": "product: [of an earlier version"}
    with rig.database.write() as session:
        releases.add(
            session, WORKSPACE, 2, old, digest=digest_of(old), author="jo", message="", environment="",
            at=rig.runtime.clock(),
        )  # fmt: skip
    done, _ = _apply(rig, old)
    assert (done.number, done.is_new) == (2, False)


def test_a_comment_makes_a_release_and_counts_nobody(rig: PlayRig) -> None:
    """The files differ, what they say does not."""
    done, seen = _apply(rig, {**FILES, "in-app/restart.yaml": f"# Words by Mia.\n{NUDGE}"})
    assert (done.number, done.is_new, done.plan.changes) == (2, True, ())
    assert not _looks_at_people(seen)


def test_a_plan_with_a_change_counts_people(rig: PlayRig) -> None:
    """Another audience reaches other people, so they are counted before and after."""
    with statements(rig.database) as seen:
        wider = {**FILES, "in-app/restart.yaml": NUDGE.replace("{user.role: admin}", "{user.role: analyst}")}
        planned = plan(rig.runtime, WORKSPACE, wider)
    (audience,) = planned.audiences
    assert audience.before > audience.after == 0
    assert _looks_at_people(seen)
