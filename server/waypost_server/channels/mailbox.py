"""Without a mail server: every mail becomes a file in a folder, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from waypost_server.channels.email import Fault, Mail, Mark, no_fault, to_bytes
from waypost_server.channels.outcome import Abandoned, Later, Outcome, Sent


class MailboxMailer:
    """Writes `<time>-<delivery>.eml` into `folder`. The same delivery is the same file."""

    def __init__(self, folder: Path, *, fault: Fault = no_fault) -> None:
        self.folder = folder
        self._fault = fault

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        """Write the file beside its place, mark, then rename: the rename is the point of no return."""
        data = to_bytes(mail)
        target = self.folder / f"{mail.at:%Y%m%dT%H%M%S}-{mail.delivery_id}.eml"
        draft = target.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return Later(f"the mailbox folder cannot be written: {error.strerror}")
        self._fault("mailbox.written")
        if not mark():
            draft.unlink(missing_ok=True)
            return Abandoned()
        self._fault("mailbox.marked")
        draft.replace(target)
        return Sent(f"written to {target.name}")

    def close(self) -> None:
        """Nothing is kept open."""
