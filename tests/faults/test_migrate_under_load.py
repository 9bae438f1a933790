"""A15: the next version's migration under load, while somebody's report reads a table for a long time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from tests.api.ingest_rig import Rig
from tests.builders import make_event, make_runtime
from waypost_server.domain.errors import UnavailableError
from waypost_server.services.fsck import check as fsck
from waypost_server.store import migrate
from waypost_server.store.database import Database, open_engine

NEXT = '''
"""A version that does not exist yet."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("account", sa.Column("new_in_next", sa.Text(), nullable=True))
    op.add_column("usage_day", sa.Column("new_in_next", sa.Text(), nullable=True))
'''
READS_SECONDS = 2.0
SLOWEST_SECONDS = 1.0


@pytest.fixture(autouse=True)
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more migration, which wants two tables that every event writes to."""
    head = max(file.name.partition("_")[0] for file in (migrate.FOLDER / "versions").glob("[0-9]*.py"))
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "next.py").write_text(NEXT.format(head=head))
    ours = migrate._config

    def theirs(connection: Connection) -> Config:
        config = ours(connection)
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", f"{migrate.FOLDER / 'versions'}:{tmp_path / 'next'}")
        return config

    monkeypatch.setattr(migrate, "_config", theirs)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.2)


@pytest.mark.slow
def test_requests_go_on_while_it_waits_and_after(postgres_url: str) -> None:
    """It lets them pass and tries again; none of them waits a second, and none fails."""
    rig = Rig(postgres_url)
    engine = open_engine(postgres_url)
    rig.publish(
        catalog="product: Acme\nfeatures:\n  launch: {title: Launch, events: [Automation Launched]}\n"
    )
    rig.batch(make_event())
    done = threading.Event()
    migration = threading.Thread(target=lambda: (migrate.upgrade(engine), done.set()))
    took: list[float] = []
    with engine.connect() as report:
        report.execute(text("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0"))
        report.execute(text("select count(*) from account, usage_day"))
        migration.start()
        until = time.monotonic() + READS_SECONDS
        while time.monotonic() < until:
            took.append(_post(rig))
        assert not done.is_set(), "it cannot have had the tables yet"
    while not done.is_set() and migration.is_alive():
        took.append(_post(rig))
    migration.join(20)
    took += [_post(rig) for _ in range(20)]
    assert done.is_set() and {"new_in_next"} <= {
        each["name"] for each in inspect(engine).get_columns("account")
    }
    assert sorted(took)[int(len(took) * 0.99)] < SLOWEST_SECONDS, max(took)
    assert rig.one("select count(*) from event") == len(took) + 1
    assert fsck(rig.app.extensions["waypost"]) == []
    engine.dispose()
    rig.close()


def test_what_never_gets_its_turn_changes_nothing_and_says_where_to_look(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both columns or neither."""
    monkeypatch.setattr(migrate, "TRIES", 2)
    monkeypatch.setattr(migrate, "LOCK_MS", 100)
    engine = open_engine(postgres_url)
    with engine.connect() as report:
        report.execute(text("select count(*) from usage_day"))
        with pytest.raises(UnavailableError, match="pg_stat_activity"):
            migrate.upgrade(engine)
    assert "new_in_next" not in {each["name"] for each in inspect(engine).get_columns("account")}
    assert fsck(make_runtime(Database(engine))) == []
    engine.dispose()


def _post(rig: Rig) -> float:
    began = time.monotonic()
    assert rig.batch(make_event()).status_code == 200
    return time.monotonic() - began
