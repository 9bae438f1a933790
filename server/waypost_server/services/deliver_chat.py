"""Send one chat message: write the words, connect, mark, post. Like e-mail it is sent at most once."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.channels import chat_words
from waypost_server.channels.chat import ChatPost
from waypost_server.channels.outcome import Outcome, Refused
from waypost_server.domain.errors import TemplateError
from waypost_server.services import chat_turn, restored
from waypost_server.services.deliver_mail import LEASE
from waypost_server.services.play_words import write
from waypost_server.services.runtime import Runtime
from waypost_server.store import deliveries, endpoints
from waypost_server.store.tables import Account, Delivery


def deliver_chat(runtime: Runtime, row: Delivery, room: str, fence: str) -> Outcome:
    """What came of it; it has passed every check, holds its slot of the budget and has taken the room."""
    chat = runtime.chat
    assert chat is not None  # check_all() holds chat back while there is none
    with runtime.db.read() as session:
        try:
            post = _post(session, runtime, row)
        except TemplateError as error:
            return Refused(f"not written: {error.message}", asked=False)
    if isinstance(post, Refused):
        return post
    return chat.post(post, lambda: _mark(runtime, row, room, fence, post))


def _post(session: Session, runtime: Runtime, row: Delivery) -> ChatPost | Refused:
    live = runtime.releases.live(session, row.workspace_id)
    room = live.definitions.policy.chat.get(row.recipient) if live else None
    if room is None:
        return Refused(f"there is no chat {row.recipient} in policy.yaml any more", asked=False)
    key = (row.channel, row.recipient)
    found = endpoints.named(session, row.workspace_id, [key]).get(key)
    account = session.get(Account, (row.workspace_id, row.account_id))
    where = chat_turn.place(room, account.traits if account else {})
    if room.room_trait and not where:
        return Refused(f"the account has no trait {room.room_trait}, so it has no room", asked=False)
    title, markdown = _words(session, runtime, row)
    return ChatPost(room.service, found.address if found else "", title, markdown, where)


def _words(session: Session, runtime: Runtime, row: Delivery) -> tuple[str, str]:
    """A template's, or those that Waypost itself wrote when it queued a notice."""
    if not row.template:
        return row.subject, row.body
    written = write(
        session,
        runtime,
        runtime.releases.pinned(session, row.workspace_id, row.release),
        workspace_id=row.workspace_id,
        account_id=row.account_id,
        user_id=row.user_id,
        template_key=row.template,
        for_mail=True,
    )
    return written.subject, written.body


def _mark(runtime: Runtime, row: Delivery, room: str, fence: str, post: ChatPost) -> bool:
    """The commit point: from here on it may have been posted. A template's words are kept as they were sent."""
    values = {"phase": "commit_point", "lease_until": runtime.clock() + LEASE, "subject": post.title}
    if row.template:
        values["body"] = chat_words.as_text(post.title, post.markdown)
    runtime.fault("chat.connected")
    with runtime.db.write() as session:
        done = deliveries.move(session, row.workspace_id, row.id, fence=fence, phase="pre", values=values)
        if done:
            chat_turn.posted(session, row.workspace_id, room, runtime.clock())
        marked = restored.number(session, runtime) if done else 0
    restored.note(runtime, marked, [row] if done else [])
    runtime.fault("chat.marked")
    return done
