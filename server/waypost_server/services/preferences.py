"""What a person wants to get, chosen by a link in a mail: no login, and every choice is an event in the log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.reader_words import language
from waypost_server.domain.channel_choice import PREFERRED_TRAIT
from waypost_server.domain.consent import EVENT, EVERYTHING, denied
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.events import Envelope
from waypost_server.domain.locale import nearest, tag
from waypost_server.domain.policy import Policy
from waypost_server.services.addresses import GONE, address_hash, read_preferences_token
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.runtime import Runtime
from waypost_server.store import consents, memberships, suppressions
from waypost_server.store.tables import EndUser

CHANNELS = ("email", "in_app")
OWN_WORD = ("unsubscribed", "complained")  # what the owner of an address may take back


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the page: a channel as a whole (topic ''), or a topic of e-mail."""

    channel: str
    topic: str
    title: str  # of a topic, in the person's language
    allowed: bool

    @property
    def name(self) -> str:
        """What stands for it in the form."""
        return f"{self.channel}:{self.topic}"


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that a person can choose."""

    product: str
    language: str  # one that the page has words in
    choices: tuple[Choice, ...]
    ways: tuple[str, ...]  # the channels among which the person may prefer one
    preferred: str  # one of them; "" = none


def see(runtime: Runtime, token: str, locale: str | None) -> Preferences:
    """What holds now; `locale` is the browser's, for people whose own is not known. Raises NotFoundError."""
    with runtime.db.read() as session:
        return _see(session, runtime, *read_preferences_token(runtime, token), locale)


def save(
    runtime: Runtime,
    token: str,
    chosen: Collection[str],
    locale: str | None,
    *,
    preferred: str | None = None,
) -> Preferences:
    """Keep what changed, before the next message is sent; the same twice changes nothing. `preferred` is the channel
    that comes first ("" = none, None = not said). Raises NotFoundError."""
    workspace_id, user_id = read_preferences_token(runtime, token)
    with runtime.db.read() as session:
        before = _see(session, runtime, workspace_id, user_id, locale)
    changed = [each for each in before.choices if each.allowed != (each.name in chosen)]
    events = [_event(runtime, user_id, each) for each in changed]
    if preferred in ("", *before.ways) and preferred != before.preferred:
        events.append(_prefers(runtime, user_id, preferred or None))
    if events:
        ingest(runtime, Sender(workspace_id, "server"), events, Envelope(runtime.clock()))
    if "email:" in chosen:
        _write_again(runtime, workspace_id, user_id)
    return see(runtime, token, locale)


def _see(
    session: Session, runtime: Runtime, workspace_id: str, user_id: str, locale: str | None
) -> Preferences:
    person = session.get(EndUser, (workspace_id, user_id))
    live = runtime.releases.live(session, workspace_id)
    if person is None or live is None:
        raise NotFoundError("This link leads to nobody any more.", code=GONE)
    policy, catalog = live.definitions.policy, live.definitions.catalog
    wanted = person.locale or locale
    no = {
        channel: denied(consents.answers(session, workspace_id, user_id, channel), channel)
        for channel in CHANNELS
    }
    hashed = address_hash(runtime, workspace_id, person.email or "")
    stopped = suppressions.reason(session, workspace_id, hashed) in OWN_WORD
    mail = Choice("email", EVERYTHING, "", EVERYTHING not in no["email"] and not stopped)
    inside = Choice("in_app", EVERYTHING, "", EVERYTHING not in no["in_app"])
    ways = _ways(session, policy, workspace_id, user_id)
    preferred = str(person.traits.get(PREFERRED_TRAIT, ""))
    return Preferences(
        catalog.product,
        language(wanted, catalog.default_locale),
        (mail, *_topics(policy, no["email"], wanted, catalog.default_locale), inside),
        ways,
        preferred if preferred in ways else "",
    )


def _ways(session: Session, policy: Policy, workspace_id: str, user_id: str) -> tuple[str, ...]:
    """Chat is one of them where an account of the person shares a room with us."""
    traits = {room.room_trait for room in policy.chat.values() if room.room_trait}
    shared = traits and any(
        each.get(name)
        for each in memberships.account_traits(session, workspace_id, user_id)
        for name in traits
    )
    return ("email", "in_app", "chat") if shared else ("email", "in_app")


def _topics(policy: Policy, no: Collection[str], wanted: str | None, default: str) -> list[Choice]:
    made = []
    for key, topic in policy.topics.items():
        titles = {tag(language): title for language, title in topic.titles.items()}
        made.append(Choice("email", key, titles[nearest(titles, wanted, default)], key not in no))
    return made


def _event(runtime: Runtime, user_id: str, choice: Choice) -> dict[str, Any]:
    return {
        "type": "track",
        "event": EVENT,
        "messageId": f"preferences-{runtime.new_id()}",
        "userId": user_id,
        "timestamp": runtime.clock().isoformat(),
        "properties": {
            "channel": choice.channel,
            "topic": choice.topic or None,
            "allowed": not choice.allowed,
        },
    }


def _prefers(runtime: Runtime, user_id: str, channel: str | None) -> dict[str, Any]:
    """A trait like any other, so that the product may set it too; the last word counts."""
    return {
        "type": "identify",
        "messageId": f"preferences-{runtime.new_id()}",
        "userId": user_id,
        "timestamp": runtime.clock().isoformat(),
        "traits": {PREFERRED_TRAIT: channel},
    }


def _write_again(runtime: Runtime, workspace_id: str, user_id: str) -> None:
    """Whoever wants mail takes back an unsubscribe of before; an address that bounced stays stopped."""
    with runtime.db.write() as session:
        person = session.get(EndUser, (workspace_id, user_id))
        hashed = address_hash(runtime, workspace_id, (person.email if person else "") or "")
        if suppressions.reason(session, workspace_id, hashed) in OWN_WORD:
            suppressions.remove(session, workspace_id, hashed)
