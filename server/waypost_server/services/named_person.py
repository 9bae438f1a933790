"""The person of ours who answers for something, named by e-mail."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError
from waypost_server.services.runtime import Runtime
from waypost_server.store import console_users
from waypost_server.store.tables import ConsoleUser


def by_email(runtime: Runtime, workspace_id: str, email: str) -> str:
    """The console user's id. Raises BadInputError when nobody of that e-mail may log in."""
    with runtime.db.read() as session:
        person = console_users.by_email(session, workspace_id, email)
    if person is None or person.disabled_at is not None:
        raise BadInputError(
            f"Nobody with the e-mail {email} logs into this workspace. Add them with: waypost user add.",
            code="unknown_person",
        )
    return person.id


def of_id(session: Session, workspace_id: str, user_id: str) -> ConsoleUser:
    """The console user. Raises BadInputError when there is none, or none any more."""
    person = console_users.get(session, workspace_id, user_id)
    if person is None or person.disabled_at is not None:
        raise BadInputError("The person named here has no access to this workspace.", code="unknown_person")
    return person
