"""Which nudges this person may see now, best first. Writes nothing.

The budget is applied to each nudge against what is already spent; the claim is the exact gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from waypost_server.domain.arbitration import Candidate, Outranked, outranked, rank
from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.eligibility import Held, allowed, held, progress, standing_offer
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.history import Situation
from waypost_server.domain.page import Page, seen
from waypost_server.services.facts import Facts, glance, on_page
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.services.words import with_offer

TTL_SECONDS = 300
FEED_LENGTH = 20
STANDS_FOR = timedelta(minutes=1)  # a remembered decision; by the clock's minutes all would be old at once


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks. `account_id` None = the account last seen in; `nudge` limits the answer to one.

    `page` is what a browser says about the page it shows, and `session_started_at` when it says that the
    person's session began. `members_only` treats an account the person is not known to belong to as unknown;
    `explain` adds why the others are held.
    """

    user_id: str
    account_id: str | None = None
    locale: str | None = None
    nudge: str | None = None
    members_only: bool = False
    explain: bool = False
    session_started_at: datetime | None = None
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class HeldNudge:
    """A nudge that is not shown, and why."""

    key: str
    held: Held


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Decision:
    """The answer. `nudges` are finished JSON in rank order, `feed` the announcements, newest first; `keys`
    and `feed_keys` the same by name. `outranked` tells, when it was asked to explain, what put all but the
    first nudge in their place.

    Equal only to itself: a remembered one is recognised as the same object.
    """

    user_id: str
    account_id: str | None
    release: int
    keys: tuple[str, ...] = ()
    nudges: tuple[msgspec.Raw, ...] = ()
    feed_keys: tuple[str, ...] = ()
    feed: tuple[msgspec.Raw, ...] = ()
    held: tuple[HeldNudge, ...] | None = None
    by_page: bool = False  # it may differ on another page
    theme: msgspec.Raw | None = None  # how the nudges look, where the policy says so
    outranked: Mapping[str, Outranked] = field(default_factory=dict)


def decide(runtime: Runtime, workspace_id: str, question: Question) -> Decision:
    """Answer for one person. Raises UnavailableError when the database is away."""
    release = runtime.releases.glance(runtime.db, workspace_id).release
    if release is None:
        none_held = () if question.explain else None
        return Decision(question.user_id, question.account_id, 0, held=none_held)
    if question.page is not None:
        question = replace(question, page=seen(question.page, release.compiled.page_fields))
    glimpse = glance(runtime, workspace_id, question.user_id, question.account_id, release)
    now, today = glimpse.subject.now, glimpse.subject.today
    last: Remembered | None = release.answers.get(question)
    stamp = glimpse.stamp() if last is not None or runtime.db.is_sqlite else None
    if last is not None and stamp is not None and last.stands(now, today) and last.stamp == stamp:
        return last.decision
    facts = on_page(glimpse.facts(), question.page)
    if _is_stranger(question, facts):
        return answer(release, question, facts_of(runtime, workspace_id, question, release))
    decision = answer(release, question, facts)
    release.answers.keep(question, Remembered(now, today, stamp, decision))
    return decision


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last decision for a question. It stands for a minute, while the database gives the same stamp:
    whatever is written is seen at once, and only gates that open by time alone may be seen a minute late.

    `stamp` None: asked once. Whoever asks no second time does not pay for it.
    """

    made_at: datetime
    today: date
    stamp: Any
    decision: Decision

    def stands(self, now: datetime, today: date) -> bool:
        """Whether it is young enough, and the days that facts count are still the same."""
        return timedelta(0) <= now - self.made_at < STANDS_FOR and self.today == today


def facts_of(runtime: Runtime, workspace_id: str, question: Question, release: LiveRelease) -> Facts:
    """The facts for a question; a stranger to the account gets none of its facts."""
    found = glance(runtime, workspace_id, question.user_id, question.account_id, release).facts()
    if _is_stranger(question, found):
        found = glance(runtime, workspace_id, question.user_id, "", release).facts()
    return on_page(found, question.page)


def _is_stranger(question: Question, facts: Facts) -> bool:
    return question.members_only and bool(question.account_id) and not facts.member


def situation_of(
    facts: Facts, user_id: str, claim_id: str | None = None, session_started_at: datetime | None = None
) -> Situation:
    """What the gates look at."""
    return Situation(
        now=facts.now,
        today=facts.today,
        user_id=user_id,
        account_id=facts.account_id,
        facts=facts.values,
        history=facts.history,
        claim_id=claim_id,
        zone=facts.zone,
        session_started_at=session_started_at,
    )


def answer(release: LiveRelease, question: Question, facts: Facts) -> Decision:
    """The decision for these facts; pure but for the renderings it keeps.

    One step for all nudges after the other, and not all steps for one nudge after the other: among many that is
    a quarter faster.
    """
    situation = situation_of(facts, question.user_id, session_started_at=question.session_started_at)
    asked = _asked(release, question, facts)
    refused: dict[str, Held] = {}
    if question.explain:
        refused = {each.key: why for each in asked if (why := held(each, situation)) is not None}
        passed = [each for each in asked if each.key not in refused]
    else:
        passed = [each for each in asked if allowed(each, situation)]
    rendered = _rendered(release, question, facts, passed, refused)
    shown = [each for each in passed if each.key in rendered]
    for each in shown:
        if (offer := standing_offer(each, situation)) is not None:
            rendered[each.key] = with_offer(rendered[each.key], offer.id)
    ranked = rank([_candidate(each, situation) for each in shown if each.nudge.announcement is None])
    keys, feed_keys = tuple(each.key for each in ranked), _feed(shown)
    return Decision(
        user_id=question.user_id,
        account_id=facts.account_id or None,
        release=release.number,
        keys=keys,
        nudges=tuple([rendered[key] for key in keys]),
        feed_keys=feed_keys,
        feed=tuple(rendered[key] for key in feed_keys),
        held=tuple(HeldNudge(each.key, refused[each.key]) for each in asked if each.key in refused)
        if question.explain
        else None,
        by_page=bool(release.compiled.page_fields),
        theme=release.theme,
        outranked=outranked(ranked) if question.explain else {},
    )


def _asked(release: LiveRelease, question: Question, facts: Facts) -> Sequence[CompiledNudge]:
    """The nudges meant; but to explain, only those whose audience the person belongs to."""
    compiled = release.compiled
    if question.nudge is not None:
        found = compiled.by_key.get(question.nudge)
        is_asked = found is not None and (question.explain or found.audience.test(facts.values))
        return (found,) if found is not None and is_asked else ()
    return compiled.nudges if question.explain else compiled.find(facts.values)


def _rendered(
    release: LiveRelease,
    question: Question,
    facts: Facts,
    nudges: Iterable[CompiledNudge],
    refused: dict[str, Held],
) -> dict[str, msgspec.Raw]:
    """Each nudge in this person's words; a text that fails holds its own nudge and no other: see `refused`."""
    locale = question.locale or facts.values["user"].get("locale")
    words = release.words.of(release.number, locale if isinstance(locale, str) else None, facts.values)
    rendered: dict[str, msgspec.Raw] = {}
    for each in nudges:
        try:
            if each.nudge.announcement is None:
                rendered[each.key] = words.nudge(each.nudge)
            else:
                rendered[each.key] = words.news(each.nudge, read=facts.history.of(each.key).count > 0)
        except TemplateError as error:
            refused[each.key] = Held("content", {"message": error.message, **error.detail})
    return rendered


def _candidate(nudge: CompiledNudge, situation: Situation) -> Candidate:
    shown = situation.history.of(nudge.key).count
    return Candidate(nudge.key, nudge.nudge.priority, progress(nudge, situation), shown)


def _feed(shown: Iterable[CompiledNudge]) -> tuple[str, ...]:
    """Announcements, newest first."""
    news = [(each.nudge.announcement.published_on, each.key) for each in shown if each.nudge.announcement]
    return tuple(key for _, key in sorted(news, reverse=True)[:FEED_LENGTH])
