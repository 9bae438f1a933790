"""Whom of an account a mail goes to, and why it does not go to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waypost_server.domain.definitions import Recipients, Template
from waypost_server.services.addresses import address_hash
from waypost_server.services.mail_refusal import UNREACHABLE, refusal
from waypost_server.services.play_run_context import RunContext
from waypost_server.store import recipients, send_group, suppressions
from waypost_server.store.recipients import Person
from waypost_server.store.tables import Workspace

SPARE = 20  # people read beyond the limit, in case some cannot be written to
NAMED = 3  # of those passed over, in a run's story


class Picked(NamedTuple):
    """Those who get it, and of those before them in line who does not: (name, why)."""

    people: list[Person]
    passed: list[tuple[str, str]]

    @property
    def note(self) -> str:
        """What a run's story says of those passed over; "" when there are none."""
        if not self.passed:
            return ""
        more = len(self.passed) - NAMED
        told = "; ".join(f"{name}: {why}" for name, why in self.passed[:NAMED])
        return f" Not to {told}{f'; and {more} more' if more > 0 else ''}."


def pick(context: RunContext, to: Recipients, template: Template) -> Picked:
    """The most recently active people who can be written to. Whoever cannot gives their place to the next."""
    found = recipients.most_active(
        context.session,
        context.workspace_id,
        context.account.id,
        roles=to.role,
        user_id=context.user_id,
        limit=to.limit + SPARE,
    )
    why = hindrances(context, found, template)
    picked = Picked([], [])
    for person in found:
        if len(picked.people) == to.limit:
            break
        if person.user_id in why:
            picked.passed.append((person.name or person.user_id, why[person.user_id]))
        else:
            picked.people.append(person)
    return picked


def hindrances(context: RunContext, people: Sequence[Person], template: Template) -> dict[str, str]:
    """User → why they cannot be written to now. In production only people whom somebody vouches for are."""
    session, workspace_id = context.session, context.workspace_id
    hashes = {each.user_id: address_hash(context.runtime, workspace_id, each.email) for each in people}
    stopped = suppressions.known(session, workspace_id, set(hashes.values()))
    said = send_group.mail_answers(session, workspace_id, hashes)
    is_strict = session.get_one(Workspace, workspace_id).mode == "production"
    policy, found = context.release.definitions.policy, {}
    for person in people:
        if not person.email:
            why = "no address"
        elif is_strict and person.trust == "asserted":
            why = "nobody vouches for the address"
        elif hashes[person.user_id] in stopped:
            why = UNREACHABLE
        elif template.kind == "transactional":
            continue
        else:
            why = refusal(said.get(person.user_id, ()), policy, context.play.key, template.key)
        if why:
            found[person.user_id] = why
    return found
