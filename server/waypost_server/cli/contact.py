"""`waypost contact`: log a call, a meeting or a message, so that automation leaves the customer in peace."""

from __future__ import annotations

import click


@click.command()
@click.argument("account")
@click.argument("channel", type=click.Choice(["call", "meeting", "message"]))
@click.option("--user", default="", help="The user it was with; the account at large otherwise.")
@click.option("--note", default="", help="What came of it, in a sentence.")
@click.option("--task", "task_id", default="", help="The task it was for; told in its history.")
@click.option("--id", "contact_id", help="Your own id: the same one again changes nothing.")
@click.option("--workspace", "-w", help="Workspace id; not needed when there is only one.")
def contact(
    account: str,
    channel: str,
    user: str,
    note: str,
    task_id: str,
    contact_id: str | None,
    workspace: str | None,
) -> None:
    """Log that a person was in contact with ACCOUNT just now. It counts as a touch."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.contact import Contact, log_contact

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        wanted = Contact(contact_id or runtime.new_id(), account, channel, user, note=note, task_id=task_id)
        touch = log_contact(runtime, workspace_id, wanted, actor="command line")
    click.echo(f"Logged: {touch.channel} with {touch.user_id or account}, {touch.at:%Y-%m-%d %H:%M} UTC.")
