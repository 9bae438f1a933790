"""Adding and shutting out the people who use the console."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.console_login import ROLES
from waypost_server.services.console_password import hashed
from waypost_server.services.person_settings import held
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, console_users, sessions

EMAIL = re.compile(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,255}")


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is needed to let somebody in. Without a password they use login links."""

    email: str
    name: str
    role: str
    password: str | None = None


def add_console_user(runtime: Runtime, workspace_id: str, person: NewPerson, *, actor: str) -> str:
    """Add a person; their id. Raises BadInputError for bad values, ConflictError for a known e-mail."""
    email, name = person.email.strip().lower(), person.name.strip()
    _check(email, name, person)
    kept = hashed(person.password) if person.password is not None else None
    user_id, now = runtime.new_id(), runtime.clock()
    with runtime.db.write() as session:
        if console_users.by_email(session, workspace_id, email) is not None:
            raise ConflictError(f"{email} is in this workspace already.")
        console_users.add(
            session,
            workspace_id=workspace_id,
            id=user_id,
            email=email,
            name=name,
            role=person.role,
            password_hash=kept,
            created_at=now,
        )
        after = {"email": email, "role": person.role}
        entry = audit.Entry(runtime.new_id(), now, actor, "console_user.add", user_id, after=after)
        audit.append(session, workspace_id, entry)
    return user_id


def disable_console_user(runtime: Runtime, workspace_id: str, user_id: str, *, actor: str) -> None:
    """Shut a person out at once: their sessions and links end. Raises NotFoundError, ConflictError."""
    now = runtime.clock()
    with runtime.db.write() as session:
        _spare_the_last_admin(session, workspace_id, user_id)
        held(session, workspace_id, user_id)
        console_users.disable(session, workspace_id, user_id, now)
        sessions.drop_of_user(session, workspace_id, user_id)
        entry = audit.Entry(runtime.new_id(), now, actor, "console_user.disable", user_id)
        audit.append(session, workspace_id, entry)


def let_back_in(runtime: Runtime, workspace_id: str, user_id: str, *, actor: str) -> None:
    """Undo `disable_console_user`: they log in as before. Raises NotFoundError when they are not shut out."""
    with runtime.db.write() as session:
        if not console_users.enable(session, workspace_id, user_id):
            raise NotFoundError("There is no disabled console user with this id.")
        entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, "console_user.enable", user_id)
        audit.append(session, workspace_id, entry)


def change_role(runtime: Runtime, workspace_id: str, user_id: str, role: str, *, actor: str) -> None:
    """Give somebody another role, from their next request on. Raises BadInputError, NotFoundError, ConflictError."""
    _check_role(role)
    with runtime.db.write() as session:
        if role != "admin":
            _spare_the_last_admin(session, workspace_id, user_id)
        person = held(session, workspace_id, user_id)
        before, person.role = {"role": person.role}, role
        entry = audit.Entry(
            runtime.new_id(), runtime.clock(), actor, "console_user.role", user_id, before, {"role": role}
        )
        audit.append(session, workspace_id, entry)


def _spare_the_last_admin(session: Session, workspace_id: str, user_id: str) -> None:
    if list(console_users.lock_admins(session, workspace_id)) == [user_id]:
        raise ConflictError("This is the last administrator. Add another one first.")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise BadInputError(f"Choose a role: {', '.join(ROLES)}.")


def _check(email: str, name: str, person: NewPerson) -> None:
    if not EMAIL.fullmatch(email):
        raise BadInputError("Write an e-mail address such as ada@example.com.")
    if not 1 <= len(name) <= 120:
        raise BadInputError("Write a name of 1 to 120 characters.")
    _check_role(person.role)
