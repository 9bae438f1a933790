"""What a run sees of its subject at the moment a step acts, read from the database when it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from waypost_server.domain.flow_steps import UntilReached, UntilUsed
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.surfaces import Condition
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.facts import facts_for
from waypost_server.services.goals import goal_reached
from waypost_server.services.play_run_context import RunContext
from waypost_server.store import goals
from waypost_server.store.tables import EndUser


@dataclass(frozen=True, slots=True)
class RunSight:
    """The `Sight` of a run. `may_be_reached` is False when nothing of the goal was done since it began."""

    context: RunContext
    may_be_reached: bool

    @property
    def zone(self) -> tzinfo:
        """The user's own zone, for a run about a user who has one; else the workspace's."""
        context = self.context
        if not context.user_id:
            return context.tz
        user = context.session.get(EndUser, (context.workspace_id, context.user_id))
        return zone_of(user.timezone, context.tz) if user is not None and user.timezone else context.tz

    def goal_reached(self) -> bool:
        """Whether the play's goal is reached since the run began."""
        context = self.context
        return self.may_be_reached and goal_reached(
            context.session,
            context.runtime,
            context.workspace_id,
            context.account.id,
            goal=context.play.goal,
            since=context.run.started_at,
            user_id=context.user_id,
        )

    def holds(self, condition: Condition) -> bool:
        """Whether a condition holds now."""
        ready = compiled(condition)
        return ready.test(self._facts(ready.paths))

    def came(self, until: UntilUsed | UntilReached, since: datetime) -> bool:
        """Whether the feature was used since then, or the milestone is reached."""
        context = self.context
        subject = (context.session, context.workspace_id, context.account.id)
        if isinstance(until, UntilReached):
            return goals.milestone_reached(*subject, user_id=context.user_id, milestone=until.milestone)
        return goals.used_since(*subject, user_id=context.user_id, feature=until.feature, since=since)

    def value(self, fact: str) -> Any:
        """A fact's value; None when it is missing."""
        found: Any = self._facts(frozenset({fact}))
        for part in fact.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def _facts(self, paths: frozenset[str]) -> dict[str, Any]:
        context = self.context
        return facts_for(
            context.session,
            context.runtime,
            context.workspace_id,
            context.user_id,
            context.account.id,
            context.release,
            paths=paths,
        ).values
