"""`waypost bounces`: read what mail servers sent back out of a mailbox."""

from __future__ import annotations

import mailbox
from collections.abc import Iterable
from pathlib import Path

import click


@click.command("bounces")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def bounces(path: Path) -> None:
    """Read every report in PATH, an mbox file or a Maildir, for all workspaces. Reading it again changes nothing."""
    from waypost_server.channels.bounce import read
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services.take_bounce import Taken, take_reports
    from waypost_server.store import workspaces

    done, messages = Taken(), 0
    with open_runtime() as runtime:
        with runtime.db.read() as session:
            every = [each.id for each in workspaces.every(session)]
        for raw in _messages(path):
            messages += 1
            for report in read(raw):
                found = [take_reports(runtime, workspace_id, [report]) for workspace_id in every]
                done.taken += sum(each.taken for each in found)
                done.known += sum(each.known for each in found)
                done.suppressed += sum(each.suppressed for each in found)
                done.unmatched += all(each.unmatched for each in found)
            if messages % 100 == 0:
                click.echo(f"{messages} messages read…", err=True)
    click.echo(
        f"Messages read: {messages}. Reports taken: {done.taken}, known before: {done.known}, about no mail of "
        f"ours: {done.unmatched}. Addresses stopped: {done.suppressed}."
    )


def _messages(path: Path) -> Iterable[bytes]:
    box: mailbox.Mailbox[mailbox.Message] = (
        mailbox.Maildir(path, create=False) if path.is_dir() else mailbox.mbox(path, create=False)
    )
    return (box.get_bytes(key) for key in box.iterkeys())
