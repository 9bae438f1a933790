"""Make the data folder's contents ready: schema, workspace, keys, a console admin, definitions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError

from waypost_server.app import build_runtime
from waypost_server.cli.embedded.folder import Folder, FolderError, write_private
from waypost_server.config import Settings
from waypost_server.domain.api_key import parse_key
from waypost_server.services.console_login import make_login_link
from waypost_server.services.console_users import NewPerson, add_console_user
from waypost_server.services.keys import create_key
from waypost_server.services.runtime import Runtime
from waypost_server.services.workspaces import create_workspace
from waypost_server.store import console_users, keys, releases, workspaces
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import FOLDER as MIGRATIONS

DEMO, PLAIN = "acme-demo", "default"
ADMIN = "admin@localhost.localdomain"
ACTOR = "waypost run"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a person needs to start."""

    workspace: str
    public_key: str
    secret_key: str = field(repr=False)
    token_secret: str = field(repr=False)
    login_url: str = field(repr=False)


def prepare(folder: Folder, settings: Settings, *, demo: bool, nudges: Path | None, say: Say) -> Prepared:
    """Do whatever is not done yet. Raises FolderError when the database is not one of ours."""
    engine = open_engine(settings.database_url)
    try:
        _schema(engine, folder, say)
        runtime = build_runtime(settings, Database(engine))
        workspace = _workspace(runtime, demo, say)
        pair = _keys(runtime, folder, workspace, say)
        if nudges is not None:
            _definitions(runtime, workspace, nudges, demo, say)
        if demo:
            _team(runtime, workspace)
        return Prepared(
            workspace=workspace,
            public_key=pair["public_key"],
            secret_key=pair["secret_key"],
            token_secret=_token_secret(runtime, workspace),
            login_url=make_login_link(runtime, workspace, _admin(runtime, workspace)),
        )
    except DatabaseError as error:
        raise FolderError(
            f"{folder.database} cannot be used ({str(error.orig).splitlines()[0]}). "
            "Move it away, or choose another folder with --data."
        ) from error
    finally:
        engine.dispose()


def _schema(engine: Engine, folder: Folder, say: Say) -> None:
    """Migrate when the database is behind. Alembic takes half a second to import, so ask the table first."""
    known = {file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")}
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        has = "alembic_version" in tables
        current = connection.scalar(text("select version_num from alembic_version")) if has else None
    if current == max(known):
        return
    if current is not None and current not in known:
        raise FolderError(
            f"{folder.database} was made by a newer Waypost (schema {current}). Use that version, "
            "or choose another folder with --data."
        )
    if not has and tables:
        raise FolderError(f"{folder.database} belongs to another program. Choose another folder with --data.")
    from waypost_server.store.migrate import upgrade

    upgrade(engine)
    say(f"Database {'brought up to date' if current else 'made'}: {folder.database}")


def _workspace(runtime: Runtime, demo: bool, say: Say) -> str:
    with runtime.db.read() as session:
        known = [workspace.id for workspace in workspaces.every(session)]
    wanted = DEMO if demo else known[0] if len(known) == 1 else PLAIN
    if wanted not in known:
        name = "Acme Automations" if demo else "My product"
        create_workspace(runtime, wanted, name=name, mode="development", timezone="UTC", actor=ACTOR)
        say(f"Workspace made: {wanted}")
    return wanted


def _keys(runtime: Runtime, folder: Folder, workspace: str, say: Say) -> dict[str, str]:
    """The readable keys of a workspace; missing or revoked ones are made anew."""
    every = folder.keys()
    pair = dict(every.get(workspace) or {})
    for kind in ("public", "secret"):
        if not _valid(runtime, workspace, pair.get(f"{kind}_key")):
            made = create_key(runtime, workspace, kind=kind, name=f"waypost run ({kind})", actor=ACTOR)
            pair[f"{kind}_key"] = made.text
            say(f"A {kind} key made for {workspace}.")
    if pair != every.get(workspace):
        write_private(folder.keys_file, json.dumps({**every, workspace: pair}, indent=2) + "\n")
    return pair


def _valid(runtime: Runtime, workspace: str, key_text: str | None) -> bool:
    key = parse_key(key_text) if key_text else None
    if key is None:
        return False
    with runtime.db.read() as session:
        record = keys.find(session, key.id)
    return (
        record is not None
        and record.workspace_id == workspace
        and record.hash == key.hash
        and not record.revoked_at
    )


def _token_secret(runtime: Runtime, workspace: str) -> str:
    with runtime.db.read() as session:
        found = workspaces.get(session, workspace)
    if found is None:
        raise FolderError(f"Workspace {workspace} is gone from {runtime.db.engine.url.database}.")
    return found.token_secret


def _admin(runtime: Runtime, workspace: str) -> str:
    with runtime.db.read() as session:
        person = console_users.by_email(session, workspace, ADMIN)
    if person is not None:
        return person.id
    return add_console_user(runtime, workspace, NewPerson(ADMIN, "Admin", "admin"), actor=ACTOR)


def _team(runtime: Runtime, workspace: str) -> None:
    """The demo's CSMs, so that its strategic accounts have owners."""
    from waypost_server.demo.cast import TEAM

    with runtime.db.read() as session:
        missing = [csm for csm in TEAM if console_users.by_email(session, workspace, csm.email) is None]
    for csm in missing:
        add_console_user(runtime, workspace, NewPerson(csm.email, csm.name, "csm"), actor=ACTOR)


def _definitions(runtime: Runtime, workspace: str, nudges: Path, demo: bool, say: Say) -> None:
    """Publish the folder: for the demo whenever it differs, otherwise only as the first release."""
    with runtime.db.read() as session:
        live = releases.live_number(session, workspace)
    if live is not None and not demo:
        return
    from waypost_server.definitions.loader import load
    from waypost_server.services.apply import StrategicError, apply

    try:
        done = apply(runtime, workspace, load(nudges).files, author=ACTOR, message=f"From {nudges.name}/")
    except StrategicError as error:
        say(f"{error.message} Until then {f'release {live} stays live' if live else 'no release is live'}.")
        return
    if done.is_new:
        say(f"Definitions in {nudges} published as release {done.number}.")
