"""Publish a set of definition files as the workspace's next release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from waypost_server.channels.template_check import check_template
from waypost_server.definitions.findings import Finding
from waypost_server.definitions.loader import Loaded, load_files
from waypost_server.domain.definitions import Condition, Definitions
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, due, releases

MAX_BYTES = 4_000_000
MAX_REQUEST = 8 * 1024 * 1024  # as many bytes as JSON, where line ends and quotes take two
JUDGED_BY = ("catalog.yaml", "journey.yaml", "adoption.yaml")  # accounts are judged again when one changes


class RefusedError(BadInputError):
    """The files have errors; `findings` names them all."""

    code = "definitions_refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        message = f"Not published: {count} in the definitions. The first: {errors[0]}"
        super().__init__(message, detail={"errors": [finding.as_json() for finding in errors]})
        self.findings = findings


class OtherEnvironmentError(ConflictError):
    """The workspace lives in another environment than the one the files are published for."""

    code = "other_environment"


class BaseMovedError(ConflictError):
    """Somebody published since the files were read."""

    code = "base_moved"


def publish(  # noqa: PLR0913 - what makes a release
    runtime: Runtime,
    workspace_id: str,
    files: Mapping[str, str],
    *,
    author: str,
    message: str = "",
    base: int | None = None,
    environment: str | None = None,
    change_environment: bool = False,
    accepted: Sequence[str] = (),
) -> int:
    """Check `files` (name → text) and publish them; the number of the release that is live afterwards.

    Files equal to the live release make no new one. Publishers of a workspace queue on its row, so numbers
    have no gaps and no two are the same. With `base`, only if that release is still live (0 = none).
    `environment` None is the one the workspace lives in; another one needs `change_environment`. `accepted` goes
    into the record: what a person agreed to (see `apply`, which people and keys publish through).
    Raises RefusedError, NotFoundError, BaseMovedError, OtherEnvironmentError.
    """
    environment = environment_for(runtime, workspace_id, environment)
    loaded = checked(files, environment)
    digest = digest_of(files, environment)
    now = runtime.clock()
    with runtime.db.write() as session:
        if not releases.lock(session, workspace_id):
            raise NotFoundError(f"There is no workspace {workspace_id}.")
        newest = releases.newest(session, workspace_id)
        if newest is not None and newest[1] == digest:
            return newest[0]
        live = newest[0] if newest else 0
        if base is not None and base != live:
            raise BaseMovedError(
                f"Not published: release {live} is live, and these files were made from release {base}. "
                "Compare the two, take over what is new, and publish again.",
                detail={"live": live, "base": base},
            )
        lives_in = newest[2] if newest else ""
        if lives_in and lives_in != environment and not change_environment:
            raise OtherEnvironmentError(_other(lives_in, environment), detail={"environment": lives_in})
        number = live + 1
        before = (releases.files(session, workspace_id, newest[0]) or {}) if newest else {}
        watched = runtime.releases.pinned(session, workspace_id, newest[0]).definitions if newest else None
        if _judged(before, lives_in) != _judged(files, environment) or _starting(watched) != _starting(
            loaded.definitions
        ):
            due.look_at_everybody(session, workspace_id, now=now)
        releases.add(
            session, workspace_id, number, dict(files), digest=digest, author=author, message=message,
            environment=environment, at=now,
        )  # fmt: skip
        after: dict[str, Any] = {
            "number": number,
            "digest": digest,
            "message": message,
            "environment": environment,
        }
        if accepted:
            after["accepted"] = list(accepted)
        entry = audit.Entry(runtime.new_id(), now, author, "release.publish", str(number), after=after)
        audit.append(session, workspace_id, entry)
    runtime.releases.forget(workspace_id)
    return number


def environment_for(runtime: Runtime, workspace_id: str, environment: str | None) -> str:
    """The environment asked for; the one the workspace lives in where none is (None, unlike "")."""
    if environment is not None:
        return environment
    with runtime.db.read() as session:
        return releases.live_environment(session, workspace_id)


def live_if_same(
    runtime: Runtime, workspace_id: str, files: Mapping[str, str], environment: str
) -> int | None:
    """The live release, if it was made of exactly these files for this environment."""
    with runtime.db.read() as session:
        newest = releases.newest(session, workspace_id)
    return newest[0] if newest is not None and newest[1] == digest_of(files, environment) else None


def _other(lives_in: str, environment: str) -> str:
    asked = f"environment {environment}" if environment else "no environment"
    return (
        f"Not published: this workspace lives in the environment {lives_in}, and the files were read for "
        f"{asked}. Check that you mean this workspace; publish with --change-environment if you do."
    )


def _judged(files: Mapping[str, str], environment: str) -> list[str | None]:
    """What decides how accounts are judged."""
    return [files.get(name) for name in (*JUDGED_BY, f"environments/{environment}.yaml")]


def _starting(definitions: Definitions | None) -> dict[str, Condition]:
    """The conditions that start plays: a new one is looked at now, to know later when it becomes true."""
    plays = definitions.plays if definitions else ()
    return {play.key: play.on.condition for play in plays if play.on.condition is not None}


def checked(files: Mapping[str, str], environment: str = "") -> Loaded:
    """Read and check files, templates included. Raises RefusedError if anything must be fixed."""
    size = sum(len(name) + len(text.encode("utf-8", "replace")) for name, text in files.items())
    if size > MAX_BYTES:
        raise BadInputError(f"The files hold {size:,} bytes; use at most {MAX_BYTES:,}.", code="too_large")
    loaded = load_files(files, check_template=check_template, environment=environment)
    if loaded.errors:
        raise RefusedError(loaded.findings)
    return loaded


def digest_of(files: Mapping[str, str], environment: str = "") -> str:
    """A name for the exact contents, whatever the order of the files, read for an environment."""
    canonical = json.dumps(dict(sorted(files.items())), ensure_ascii=True, separators=(",", ":"))
    canonical += f"\n{environment}" if environment else ""
    return hashlib.sha256(canonical.encode()).hexdigest()
