"""Publish files the careful way: with their plan, and not when it reaches strategic accounts unasked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waypost_server.domain.errors import BadInputError
from waypost_server.services.plan import Plan, Refusal, plan
from waypost_server.services.publish import environment_for, live_if_same, publish
from waypost_server.services.runtime import Runtime


class StrategicError(BadInputError):
    """An automated step would newly reach strategic accounts."""

    code = "reaches_strategic"
    status = 409

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        said = "; ".join(str(each) for each in refusals)
        super().__init__(
            f"Not published: {said}. Give the play a `strategic:` branch with a task, narrow its audience, "
            "or publish with --accept-strategic.",
            detail={"refusals": [str(each) for each in refusals]},
        )


@dataclass(frozen=True, slots=True)
class Applied:
    """The live release, whether it is new, and what it changed."""

    number: int
    is_new: bool
    plan: Plan


def apply(  # noqa: PLR0913 - what `publish` takes, and one word more
    runtime: Runtime,
    workspace_id: str,
    files: Mapping[str, str],
    *,
    author: str,
    message: str = "",
    base: int | None = None,
    environment: str | None = None,
    change_environment: bool = False,
    accept_strategic: bool = False,
) -> Applied:
    """Plan and publish; with `accept_strategic` what was accepted is on record with the release.

    Files equal to the live release are neither read nor counted again: their plan is empty.
    The way by which people, keys and folders publish: nothing else may reach strategic accounts. Raises
    RefusedError, StrategicError, BaseMovedError, OtherEnvironmentError, NotFoundError.
    """
    environment = environment_for(runtime, workspace_id, environment)
    same = live_if_same(runtime, workspace_id, files, environment)
    if same is not None:
        return Applied(same, False, Plan(same, (), (), environment, environment))
    planned = plan(runtime, workspace_id, files, environment=environment)
    if planned.refusals and not accept_strategic:
        raise StrategicError(planned.refusals)
    number = publish(
        runtime, workspace_id, files, author=author, message=message, base=base,
        environment=environment, change_environment=change_environment,
        accepted=[str(each) for each in planned.refusals],
    )  # fmt: skip
    return Applied(number, number != planned.base, planned)
