"""Fold reactions into offers, inside the transaction that stored their events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from waypost_server.domain.answers import read_answers
from waypost_server.domain.interactions import Reaction, outcome
from waypost_server.services.runtime import Runtime
from waypost_server.store import interactions, offers, survey_answers, touches
from waypost_server.store.tables import Interaction, Offer


def fold(session: Session, runtime: Runtime, workspace_id: str, reactions: Sequence[Reaction]) -> int:
    """Store the reactions and settle their offers; returns how many were ignored.

    A reaction to an offer that is not this person's, or not of this nudge, is ignored. The state of an
    offer is recomputed from all its interactions, so order and repetition do not matter. A nudge that was
    painted after all, although its claim had lapsed, takes its slot again.
    """
    wanted = {each.offer_id for each in reactions if each.offer_id}
    held = {offer.id: offer for offer in offers.lock(session, workspace_id, wanted)} if wanted else {}
    touched: dict[str, Offer] = {}
    ignored = 0
    for each in sorted(reactions, key=lambda reaction: reaction.message_id):
        offer = held.get(each.offer_id)
        if offer is None or offer.user_id != each.user_id or offer.nudge != each.nudge:
            ignored += 1
        elif interactions.add(session, workspace_id, each):
            touched[offer.id] = offer
            if each.answers:
                _keep_answers(session, runtime, workspace_id, offer, each)
    if touched:
        people = {offer.user_id for offer in touched.values()}
        found = interactions.of_offers(session, workspace_id, people, touched)
        for offer in touched.values():
            _settle(session, workspace_id, offer, [row for row in found if row.offer_id == offer.id])
    return ignored


def _keep_answers(
    session: Session, runtime: Runtime, workspace_id: str, offer: Offer, reaction: Reaction
) -> None:
    """Answers are read by the survey as it was when it was offered, whatever is live now."""
    release = runtime.releases.pinned(session, workspace_id, offer.release)
    nudge = release.compiled.by_key.get(offer.nudge)
    if nudge is not None and nudge.nudge.survey is not None and reaction.answers:
        answers = read_answers(nudge.nudge.survey, reaction.answers)
        survey_answers.add(session, workspace_id, reaction, answers)


def _settle(session: Session, workspace_id: str, offer: Offer, rows: Sequence[Interaction]) -> None:
    result = outcome(_reaction(row) for row in rows)
    values = {
        "state": result.state,
        "shown_at": result.shown_at,
        "closed_at": result.closed_at,
        "reaction": result.reaction,
        "snoozed_until": result.snoozed_until,
    }
    offers.settle(session, workspace_id, offer.id, values)
    if not result.spent:
        touches.give_back(session, workspace_id, [offer.id])
        return
    touches.spend(
        session,
        workspace_id,
        offer.id,
        account_id=offer.account_id,
        user_id=offer.user_id,
        kind=offer.kind,
        at=offer.claimed_at,
    )


def _reaction(row: Interaction) -> Reaction:
    return Reaction(
        message_id=row.id,
        account_id=row.account_id,
        user_id=row.user_id,
        nudge=row.nudge,
        offer_id=row.offer_id,
        reaction=row.reaction,
        at=row.at,
        snooze_days=row.detail.get("snooze_days"),
    )
