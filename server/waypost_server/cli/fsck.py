"""`waypost fsck`: check the stored data against the rules it must keep."""

from __future__ import annotations

import click


@click.command()
@click.option("--deep", is_flag=True, help="Walk the whole event log too; as slow as the log is long.")
def fsck(deep: bool) -> None:
    """Check the stored data; changes nothing. Exit code 1 when a rule is broken."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services.fsck import check

    with open_runtime() as runtime:
        found = check(runtime, deep=deep)
    for sentence in found:
        click.echo(sentence)
    click.echo("Everything holds." if not found else f"{len(found)} broken.")
    raise SystemExit(1 if found else 0)
