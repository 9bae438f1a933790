"""Refuse to run on a database that may lose what it confirmed: a 200 means "on disk"."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, Engine

from waypost_server.domain.errors import WaypostError

SYNCHRONOUS_FULL = 2
PROMISES = ("fsync", "full_page_writes", "synchronous_commit")
NETWORK_DISKS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs")
)


class DurabilityError(WaypostError):
    """The database may lose committed data; the message says which setting to change."""

    code = "not_durable"


def check(engine: Engine) -> None:
    """Raise DurabilityError when a power cut could take back a commit.

    PostgreSQL: fsync, full_page_writes or synchronous_commit is off. SQLite: not WAL with synchronous=FULL, or
    the file lies on a network disk, where its locks and shared memory do not hold.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _check_sqlite(connection, engine.url.database)
        else:
            _check_postgres(connection)


def _check_postgres(connection: Connection) -> None:
    for name in PROMISES:
        value = connection.exec_driver_sql(f"show {name}").scalar_one()
        if value == "off":
            raise DurabilityError(
                f"PostgreSQL runs with {name}=off and may lose events it confirmed. Set {name}=on."
            )


def _check_sqlite(connection: Connection, database: str | None) -> None:
    journal = connection.exec_driver_sql("pragma journal_mode").scalar_one()
    synchronous = connection.exec_driver_sql("pragma synchronous").scalar_one()
    if journal != "wal" or synchronous < SYNCHRONOUS_FULL:
        raise DurabilityError(
            f"SQLite runs with journal_mode={journal}, synchronous={synchronous}; it must be WAL and FULL."
        )
    disk = disk_of(Path(database)) if database else ""
    if disk in NETWORK_DISKS:
        raise DurabilityError(
            f"{database} lies on a network disk ({disk}), where SQLite can lose data. Use a local disk."
        )


def disk_of(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of file system that holds `path`; '' where it cannot be told (not Linux)."""
    if not mounts.exists():
        return ""
    target, best, kind = os.path.realpath(path), "", ""
    for line in mounts.read_text().splitlines():
        _, point, this, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, this
    return kind
