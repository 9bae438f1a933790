"""What publishing a set of files would change: definitions, people reached, runs under way, accounts at risk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.definitions.changes import Change, compare
from waypost_server.definitions.findings import Finding
from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.definitions import (
    Catalog,
    ChatStep,
    Definitions,
    EmailStep,
    MessageStep,
    NudgeStep,
    Play,
    WorkshopStep,
)
from waypost_server.domain.partial import truth
from waypost_server.domain.play_program import walk
from waypost_server.domain.policy import Policy
from waypost_server.services.audience import unknown_facts
from waypost_server.services.classify import is_trait
from waypost_server.services.population import Population
from waypost_server.services.publish import checked, environment_for
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import crowds, play_runs, releases
from waypost_server.store.crowds import Member

STRATEGIC = "strategic"
NAMED = 20  # accounts named in a refusal; more are counted
SECONDS = 4.0  # for each audience; then it is a sample
NOTHING = Definitions(Catalog(""))


@dataclass(frozen=True, slots=True)
class AudienceChange:
    """How many people a nudge reaches before and after. Not exact: counted among a sample.

    `unknown` are the facts of the page it asks for: counted are those for whom it holds on some page.
    """

    nudge: str
    before: int
    after: int
    added: int
    removed: int
    exact: bool
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = "" if self.exact else " in a sample"
        return f"nudge {self.nudge}: {self.after:,} users (+{self.added:,}, −{self.removed:,}){about}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Strategic accounts that an automated step of a play would newly reach."""

    play: str
    steps: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]  # id and name, the first few
    count: int

    def __str__(self) -> str:
        named = ", ".join(f"{name} ({id_})" if name else id_ for id_, name in self.accounts)
        more = f" and {self.count - len(self.accounts)} more" if self.count > len(self.accounts) else ""
        noun = "account" if self.count == 1 else "accounts"
        steps = " and ".join(self.steps)
        return f"play {self.play}: {steps} would newly reach {self.count} strategic {noun}: {named}{more}"


@dataclass(frozen=True, slots=True)
class RunsChange:
    """Runs under way of a play that changes; they stay on the release they started with."""

    play: str
    running: int
    what: str  # changed | removed


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would change against the live release."""

    base: int
    changes: tuple[Change, ...]
    warnings: tuple[Finding, ...]
    environment: str = ""
    was_environment: str = ""
    audiences: tuple[AudienceChange, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    runs: tuple[RunsChange, ...] = ()
    motions: Mapping[str, int] = field(default_factory=dict)  # "long_tail → strategic": accounts

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "base": self.base,
            "environment": self.environment,
            "wasEnvironment": self.was_environment,
            "changes": [each.as_json() for each in self.changes],
            "warnings": [each.as_json() for each in self.warnings],
            "audiences": [
                {"nudge": each.nudge, "before": each.before, "after": each.after, "added": each.added,
                 "removed": each.removed, "exact": each.exact, "unknown": list(each.unknown)} for each in self.audiences
            ],
            "refusals": [
                {"play": each.play, "steps": list(each.steps), "count": each.count, "message": str(each),
                 "accounts": [{"id": id_, "name": name} for id_, name in each.accounts]} for each in self.refusals
            ],
            "runs": [{"play": each.play, "running": each.running, "what": each.what} for each in self.runs],
            "motions": dict(self.motions),
        }  # fmt: skip


def plan(
    runtime: Runtime, workspace_id: str, files: Mapping[str, str], *, environment: str | None = None
) -> Plan:
    """The plan for `files`, read for `environment` (None = the one the workspace lives in).

    Where no definition changes nobody is looked at. Raises RefusedError when they have errors. Writes nothing.
    """
    environment = environment_for(runtime, workspace_id, environment)
    loaded = checked(files, environment)
    with runtime.db.read() as session:
        live = releases.live(session, workspace_id)
        number, before_files = live or (0, {})
        lives_in = releases.live_environment(session, workspace_id)
        changes = compare(before_files, files, (lives_in, environment))
        warnings = tuple(each for each in loaded.findings if each.severity == "warning")
        if not changes:
            return Plan(number, changes, warnings, environment, lives_in)
        before = runtime.releases.pinned(session, workspace_id, number).definitions if number else NOTHING
        sides = _sides(session, runtime, workspace_id, number, before, loaded.definitions)
        return Plan(
            base=number,
            changes=changes,
            environment=environment,
            was_environment=lives_in,
            warnings=warnings,
            audiences=tuple(_audiences(sides)),
            refusals=tuple(_refusals(session, workspace_id, sides)),
            runs=tuple(_runs(session, workspace_id, changes)),
            motions=sides.moved(),
        )


@dataclass(slots=True)
class _Sides:
    """The population before and after, and what each account is and was."""

    before: Population
    after: Population
    accounts: list[str]
    was: dict[str, dict[str, Any]]
    becomes: dict[str, dict[str, Any]]

    @property
    def reclassified(self) -> bool:
        """Whether the rules that sort accounts change."""
        return self.after.reclassify

    def motion(self, side: Mapping[str, dict[str, Any]], account_id: str) -> str | None:
        """How the account is served."""
        return side[account_id]["account"].get("motion")  # type: ignore[no-any-return]  # facts are plain documents

    def moved(self) -> dict[str, int]:
        """How many accounts change their motion."""
        found: dict[str, int] = {}
        for each in self.accounts if self.reclassified else ():
            old, new = self.motion(self.was, each), self.motion(self.becomes, each)
            if old != new:
                found[f"{old} → {new}"] = found.get(f"{old} → {new}", 0) + 1
        return found


def _sides(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    number: int,
    before: Definitions,
    after: Definitions,
) -> _Sides:
    rules = [
        (each.catalog.segments, each.catalog.motions, each.catalog.default_motion) for each in (before, after)
    ]
    sorting = rules[0] != rules[1]
    old = Population(session, runtime, workspace_id, LiveRelease(number, before))
    new = Population(session, runtime, workspace_id, LiveRelease(number + 1, after), sorting)
    accounts = crowds.accounts(session, workspace_id)
    was, becomes = (
        _about(side, accounts, definitions) for side, definitions in ((old, before), (new, after))
    )
    return _Sides(old, new, accounts, was, becomes)


def _about(side: Population, accounts: list[str], definitions: Definitions) -> dict[str, dict[str, Any]]:
    paths = frozenset({"account.motion", "account.segment"})
    for play in definitions.plays:
        paths |= compile_condition(play.audience).paths
    return side.account_facts(accounts, paths)


def _audiences(sides: _Sides) -> Iterator[AudienceChange]:
    """Nudges whose audience differs, or all when the sorting of accounts changes."""
    old = {each.key: each.audience for each in sides.before.release.definitions.nudges}
    new = {each.key: each.audience for each in sides.after.release.definitions.nudges}
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) == new.get(key) and not sides.reclassified:
            continue
        yield _audience(key, [(sides.before, old.get(key)), (sides.after, new.get(key))])


def _audience(key: str, sides: list[tuple[Population, Mapping[str, Any] | None]]) -> AudienceChange:
    """Both sides among the same people: everybody, or a sample if that would take too long on either side."""
    reached = [_everybody(side, audience) for side, audience in sides]
    exact = None not in reached
    if not exact:
        people = sides[0][0].sample()
        reached = [side.among(audience, people) if audience is not None else [] for side, audience in sides]
    was, becomes = ({each.user_id for each in side or ()} for side in reached)
    unknown = sorted({path for _, audience in sides for path in unknown_facts(audience or {}, None)})
    return AudienceChange(
        key, len(was), len(becomes), len(becomes - was), len(was - becomes), exact, tuple(unknown)
    )


def _everybody(side: Population, audience: Mapping[str, Any] | None) -> list[Member] | None:
    return [] if audience is None else side.everybody(audience, seconds=SECONDS)


def _refusals(session: Session, workspace_id: str, sides: _Sides) -> Iterator[Refusal]:
    """Plays whose automated steps would newly reach accounts that are, or become, strategic."""
    before, after = sides.before.release.definitions, sides.after.release.definitions
    old = {each.key: each for each in before.plays}
    for play in after.plays:
        found: list[str] = []
        kinds: set[str] = set()
        for account_id in sides.accounts:
            if STRATEGIC not in (
                sides.motion(sides.was, account_id),
                sides.motion(sides.becomes, account_id),
            ):
                continue
            steps = _automated(play, sides.becomes[account_id], after.policy)
            known = _automated(old[play.key], sides.was[account_id], before.policy) if play.key in old else ()
            if set(steps) - set(known):
                found.append(account_id)
                kinds |= set(steps)
        if found:
            names = crowds.names(session, workspace_id, found[:NAMED])
            named = tuple((each, names.get(each, "")) for each in found[:NAMED])
            yield Refusal(play.key, tuple(sorted(kinds)), named, len(found))


def _automated(play: Play, facts: Mapping[str, Any], policy: Policy) -> tuple[str, ...]:
    """The automated steps that this account may meet, as "email welcome"; now or later: one that does not match by
    usage today may tomorrow."""
    steps = play.branches.get(facts["account"].get("motion"), ())
    if (
        play.is_paused
        or not steps
        or truth(compile_condition(play.audience).node, facts, is_trait) == "false"
    ):
        return ()
    return tuple(
        f"{step.kind} {step.nudge}"
        if isinstance(step, NudgeStep | MessageStep)
        else f"{step.kind} {step.template}"
        for step in walk(steps)
        if isinstance(step, EmailStep | NudgeStep | WorkshopStep | MessageStep)
        or (isinstance(step, ChatStep) and not policy.is_ours(step.room))
    )


def _runs(session: Session, workspace_id: str, changes: tuple[Change, ...]) -> Iterator[RunsChange]:
    running = play_runs.running(session, workspace_id)
    for change in changes:
        if change.kind == "play" and running.get(change.key):
            yield RunsChange(change.key, running[change.key], change.what)
