"""Releases for an environment: what is remembered, what goes on by itself, and what is refused."""

from __future__ import annotations

import pytest

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.definitions.files import FILES
from waypost_server.domain.eligibility import GATES
from waypost_server.services.compare_releases import compare_releases
from waypost_server.services.plan import plan
from waypost_server.services.publish import OtherEnvironmentError, publish
from waypost_server.services.releases import ReleaseCache
from waypost_server.services.rollback import rollback
from waypost_server.services.runtime import Runtime
from waypost_server.store import due, releases
from waypost_server.store.database import Database

BOTH = {
    **FILES,
    "environments/staging.yaml": "nudges: {hint: {status: paused}}\n",
    "environments/production.yaml": "nudges: {hint: {frequency: {max: 5}}}\n",
}
LATER = {**BOTH, "in-app/hint.yaml": FILES["in-app/hint.yaml"].replace("title: Hint", "title: Hint 2")}


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A workspace that lives in staging."""
    add_workspace(database)
    runtime = make_runtime(database)
    assert publish(runtime, WORKSPACE, BOTH, author="jo", environment="staging") == 1
    return runtime


def is_paused(runtime: Runtime) -> bool:
    """Whether the hint of the live release is paused, in a process that has just started."""
    with runtime.db.read() as session:
        live = ReleaseCache(runtime.clock).live(session, WORKSPACE)
    assert live is not None
    return live.definitions.nudges[0].is_paused


def test_a_release_is_read_for_its_environment(runtime: Runtime) -> None:
    """Every process sees the overrides; the files are kept as they were written."""
    assert is_paused(runtime)
    with runtime.db.read() as session:
        assert releases.found(session, WORKSPACE, 1) == (BOTH, "staging")


def test_a_workspace_goes_on_in_its_environment(runtime: Runtime) -> None:
    """Publishing without naming one stays there; the same files for it make no release."""
    assert publish(runtime, WORKSPACE, BOTH, author="jo") == 1
    planned = plan(runtime, WORKSPACE, LATER)
    assert (planned.environment, planned.was_environment) == ("staging", "staging")
    assert [str(each) for each in planned.changes] == ["~ nudge hint (in-app/hint.yaml)"]
    assert publish(runtime, WORKSPACE, LATER, author="jo") == 2
    assert is_paused(runtime)


@pytest.mark.parametrize("environment", ["production", ""])
def test_another_environment_is_nearly_always_the_wrong_workspace(runtime: Runtime, environment: str) -> None:
    """It is refused with the name of the present one, and done when asked for."""
    with pytest.raises(OtherEnvironmentError, match="lives in the environment staging"):
        publish(runtime, WORKSPACE, BOTH, author="jo", environment=environment)
    with runtime.db.read() as session:
        assert releases.live_environment(session, WORKSPACE) == "staging"
    given = {"author": "jo", "environment": environment, "change_environment": True}
    assert publish(runtime, WORKSPACE, BOTH, **given) == 2  # the same files, read otherwise
    assert not is_paused(runtime)


def test_a_rollback_goes_back_to_the_environment_too(runtime: Runtime) -> None:
    """What was live then is live again, and the difference between the two is named."""
    publish(runtime, WORKSPACE, BOTH, author="jo", environment="production", change_environment=True)
    number, undone = rollback(runtime, WORKSPACE, 1, author="jo")
    fields = {field.path: (field.before, field.after) for change in undone for field in change.fields}
    assert number == 3 and is_paused(runtime)
    assert fields == {"status": (None, "paused"), "frequency.max": ("5", "2")}
    assert compare_releases(runtime, WORKSPACE, 1, 3).changes == ()
    assert compare_releases(runtime, WORKSPACE, 1, 2).text == ""  # not a letter of the files differs


def test_accounts_are_judged_again_when_an_override_may_judge_them(runtime: Runtime, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # a fixture of pytest
    """A change of the environment's own file counts; that of another one does not."""
    looked = []
    monkeypatch.setattr(due, "look_at_everybody", lambda *_, now: looked.append(now))
    publish(runtime, WORKSPACE, {**BOTH, "environments/production.yaml": "policy: {}\n"}, author="jo")
    assert not looked
    publish(runtime, WORKSPACE, {**BOTH, "environments/staging.yaml": "policy: {}\n"}, author="jo")
    assert len(looked) == 1


def test_paused_is_the_first_gate() -> None:
    """What its author has switched off needs no other reason."""
    assert GATES[0].reason == "paused"
