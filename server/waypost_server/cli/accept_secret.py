"""`waypost accept-secret`: go on with another WAYPOST_SECRET, knowing what is lost with the old one."""

from __future__ import annotations

import click


@click.command("accept-secret")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def accept_secret(yes: bool) -> None:
    """Go on with another WAYPOST_SECRET, when the old one is lost for good. Says first what is lost with it."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services import known_secret

    with open_runtime() as runtime:
        with runtime.db.read() as session:
            lost = known_secret.count_lost(session, runtime)
        click.echo(_words(lost))
        if not yes:
            click.confirm("Is the old secret lost?", abort=True)
        known_secret.accept(runtime, actor="command line")
    click.echo("Accepted. Start every process with it, then let sending go on with: waypost resume-sending")


def _words(lost: tuple[int, int]) -> str:
    from waypost_server.cli.findings import counted

    people, addresses = lost
    return (
        f"{counted(people, 'opt-out')} cannot be recognised any more: whoever said no gets mail again.\n"
        f"Addresses that take no mail, and are tried again: {addresses:,}.\n"
        "Links in mails that have left lead nowhere. Everybody logs into the console once more.\n"
        "Webhooks are signed with other secrets: hand them out with waypost endpoint secret NAME."
    )
