"""Claim a nudge right before it is painted: the one gate at which caps are exact.

One transaction holds the person's row (and the account's, when the policy caps accounts), looks at fresh
facts, and spends the slot. Parallel claims queue on the row, so the second sees what the first spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.domain.assignment import variant_of
from waypost_server.domain.budget import OUTSIDE
from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.eligibility import held
from waypost_server.domain.errors import ConflictError, HeldError, TemplateError
from waypost_server.domain.history import CLAIM_LASTS
from waypost_server.domain.page import Page
from waypost_server.services.decide import situation_of
from waypost_server.services.facts import Facts, facts_for, on_page
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import offers, touches
from waypost_server.store.tables import Offer


@dataclass(frozen=True, slots=True)
class Claim:
    """What a browser asks for. `claim_id` is its own; the same one again gets the same answer."""

    user_id: str
    account_id: str | None
    nudge: str
    claim_id: str
    members_only: bool = False
    session_started_at: datetime | None = None
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """The nudge may be painted, and reported shown, until `expires_at`."""

    offer_id: str
    expires_at: datetime


def claim(runtime: Runtime, workspace_id: str, wanted: Claim) -> Granted:
    """Grant the claim, or raise HeldError with the reason and its numbers.

    Raises ConflictError when the claim id was used for another nudge.
    """
    with runtime.db.write() as session:
        release = runtime.releases.live(session, workspace_id)
        if release is None or wanted.nudge not in release.compiled.by_key:
            raise HeldError("not_published", detail={"release": release.number if release else 0})
        offers.lock_person(session, workspace_id, wanted.user_id)
        earlier = offers.by_claim(session, workspace_id, wanted.user_id, wanted.claim_id)
        if earlier is not None:
            return _again(earlier, wanted, runtime.clock())
        account_id = _lock_account(session, workspace_id, wanted, release)
        _lapse(session, runtime, workspace_id, wanted.user_id)
        facts = _facts(session, runtime, workspace_id, wanted, account_id, release)
        nudge = release.compiled.by_key[wanted.nudge]
        _check(release, nudge, facts, wanted)
        return _grant(session, runtime, workspace_id, wanted, release=release, facts=facts)


def _again(offer: Offer, wanted: Claim, now: datetime) -> Granted:
    if offer.nudge != wanted.nudge:
        raise ConflictError("This claimId was used for another nudge. Make a new one for each claim.")
    expires_at = offer.claimed_at + CLAIM_LASTS
    if offer.state == "lapsed" or (offer.state == "claimed" and expires_at <= now):
        raise HeldError("lapsed", detail={"expired_at": _time(expires_at)})
    return Granted(offer.id, expires_at)


def _lock_account(session: Session, workspace_id: str, wanted: Claim, release: LiveRelease) -> str:
    """The account meant, held when a cap counts it."""
    account_id = wanted.account_id
    if account_id is None:
        account_id = offers.last_account(session, workspace_id, wanted.user_id)
    capped = any(cap.scope == "account" for cap in release.definitions.policy.caps)
    if account_id and capped:
        offers.lock_account(session, workspace_id, account_id)
    return account_id


def _lapse(session: Session, runtime: Runtime, workspace_id: str, user_id: str) -> None:
    lapsed = offers.lapse(
        session,
        workspace_id,
        claimed_before=runtime.clock() - CLAIM_LASTS,
        user_id=user_id,
    )
    touches.give_back(session, workspace_id, lapsed)


def _facts(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    wanted: Claim,
    account_id: str,
    release: LiveRelease,
) -> Facts:
    facts = facts_for(session, runtime, workspace_id, wanted.user_id, account_id, release)
    if wanted.members_only and account_id and not facts.member:
        facts = facts_for(session, runtime, workspace_id, wanted.user_id, "", release)
    return on_page(facts, wanted.page)


def _check(release: LiveRelease, nudge: CompiledNudge, facts: Facts, wanted: Claim) -> None:
    reason = held(nudge, situation_of(facts, wanted.user_id, wanted.claim_id, wanted.session_started_at))
    if reason is not None:
        raise HeldError(reason.reason, detail=reason.detail)
    try:
        release.words.of(release.number, None, facts.values).nudge(nudge.nudge)
    except TemplateError as error:
        raise HeldError("content", detail={"message": error.message}) from error


def _grant(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    wanted: Claim,
    *,
    release: LiveRelease,
    facts: Facts,
) -> Granted:
    nudge = release.compiled.by_key[wanted.nudge].nudge
    kind = OUTSIDE if nudge.surface == "announcement" else nudge.kind  # people open the feed themselves
    goal = nudge.goal
    usage = facts.values.get("usage", {}).get(goal.feature, {}) if goal and goal.feature else {}
    offer_id = runtime.new_id()
    offers.add(
        session,
        {
            "workspace_id": workspace_id,
            "id": offer_id,
            "account_id": facts.account_id,
            "user_id": wanted.user_id,
            "nudge": nudge.key,
            "release": release.number,
            "kind": kind,
            "state": "claimed",
            "claim_id": wanted.claim_id,
            "claimed_at": facts.now,
            "goal_base": usage.get("total") or 0,
            "variant": variant_of(nudge, wanted.user_id) or None,
        },
    )
    touches.spend(
        session,
        workspace_id,
        offer_id,
        account_id=facts.account_id,
        user_id=wanted.user_id,
        kind=kind,
        at=facts.now,
    )
    return Granted(offer_id, facts.now + CLAIM_LASTS)


def _time(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
