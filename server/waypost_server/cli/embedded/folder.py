"""The data folder of an embedded Waypost: what lies where, made on first use, private to its owner."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waypost_server.domain.errors import WaypostError

DEFAULT = Path(".waypost")
SOCKET_LIMIT = 100  # a Unix socket's path may hold 103 bytes on macOS, 107 on Linux


class FolderError(WaypostError):
    """The data folder cannot be used as it is."""

    code = "data_folder"


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths inside the data folder."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "waypost.db"

    @property
    def mailbox(self) -> Path:
        return self.path / "mailbox"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def run_file(self) -> Path:
        """Facts of the current or last run: port, parent, Redis address."""
        return self.path / "run.json"

    @property
    def keys_file(self) -> Path:
        """API keys by workspace, readable, so that a restart prints the same ones."""
        return self.path / "keys.json"

    @property
    def socket(self) -> Path:
        """Where Valkey listens; named after this process, so that a dying predecessor removes only its own."""
        name = f"valkey-{os.getpid()}.sock"
        if len(str(self.path / name).encode()) <= SOCKET_LIMIT:
            return self.path / name
        return Path(tempfile.mkdtemp(prefix="waypost-")) / name

    def secret(self) -> str:
        """The secret that signs links and cookies; made once."""
        file = self.path / "secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32) + "\n")
        text = file.read_text().strip()
        if len(text) < 32:
            raise FolderError(f"{file} is damaged: it should hold 43 characters. Delete it to get a new one.")
        return text

    def keys(self) -> dict[str, dict[str, str]]:
        """The readable API keys, by workspace."""
        return read_json(self.keys_file)

    def environment(self, *, redis_url: str | None, base_url: str) -> dict[str, str]:
        """The WAYPOST_* variables under which a process works on this folder."""
        values = {
            "WAYPOST_DATABASE_URL": f"sqlite:///{self.database}",
            "WAYPOST_SECRET": self.secret(),
            "WAYPOST_MAILBOX": str(self.mailbox),
            "WAYPOST_BASE_URL": base_url,
            "WAYPOST_ALLOW_LOOPBACK": "1",  # a webhook's receiver may run on this machine too
        }
        return {**values, "WAYPOST_REDIS_URL": redis_url} if redis_url else values


def prepare(path: Path) -> Folder:
    """Make the folder if needed and prove that it can be written. Raises FolderError."""
    path = path.absolute()
    if path.exists() and not path.is_dir():
        raise FolderError(f"{path} is a file, not a folder. Choose another folder with --data.")
    folder = Folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in (folder.logs, folder.mailbox, folder.valkey):
            part.mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise FolderError(f"Cannot write to {path} ({reason}). Choose another folder with --data.") from error
    _check_database(folder.database)
    return folder


def adopt() -> None:
    """Work on the embedded folder when no database is named: set the variables its processes have."""
    if "WAYPOST_DATABASE_URL" in os.environ:
        return
    folder = Folder(Path(os.environ.get("WAYPOST_DATA", DEFAULT)).absolute())
    if not folder.database.exists():
        return
    last = read_json(folder.run_file)
    values = folder.environment(
        redis_url=last.get("redis_url"), base_url=last.get("url", "http://127.0.0.1:7400")
    )
    for name, value in values.items():
        os.environ.setdefault(name, value)


def read_json(file: Path) -> dict[str, Any]:
    """The object in a file; empty when there is none. Raises FolderError for a damaged one."""
    try:
        value = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise FolderError(f"{file} cannot be read ({error}). Move it away and start again.") from error
    if not isinstance(value, dict):
        raise FolderError(f"{file} should hold a JSON object. Move it away and start again.")
    return value


def write_private(file: Path, text: str) -> None:
    """Write a whole file at once (readers see the old or the new one), readable by its owner only."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _check_database(file: Path) -> None:
    if file.is_dir():
        raise FolderError(f"{file} is a folder. Move it away, or choose another folder with --data.")
    if file.exists() and file.stat().st_size:
        with file.open("rb") as content:
            if content.read(16) != b"SQLite format 3\x00":
                raise FolderError(
                    f"{file} is not a database. Move it away, or choose another folder with --data."
                )
