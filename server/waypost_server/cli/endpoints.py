"""`waypost endpoint`: where webhooks and chat messages go, and how they have answered."""

from __future__ import annotations

import click

WORKSPACE = click.option("--workspace", "-w", help="Workspace id; not needed when there is only one.")
ACTOR = "command line"


@click.group()
def endpoint() -> None:
    """Look at, try, and switch webhooks and chat rooms of policy.yaml. NAME is a webhook, `chat:NAME` a room."""


def _key(name: str) -> tuple[str, str]:
    channel, colon, rest = name.partition(":")
    return (channel, rest) if colon else ("webhook", name)


@endpoint.command("list")
@WORKSPACE
def list_endpoints(workspace: str | None) -> None:
    """Show every endpoint with its state and how many messages wait for it."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.endpoints import see_all

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        with runtime.db.read() as session:
            found = see_all(session, runtime, workspace_id)
    for each in found:
        why = f" ({each.disabled_why})" if each.disabled_why else ""
        click.echo(
            f"{each.channel:<8} {each.name:<24} {each.state}{why}; "
            f"{each.waiting} waiting, {each.failed} failed in 7 days"
        )
    if not found:
        click.echo("policy.yaml names no endpoint.")


@endpoint.command("test")
@click.argument("name")
@WORKSPACE
def test(name: str, workspace: str | None) -> None:
    """Send a test to NAME and say what it answered."""
    from waypost_server.channels.outcome import Sent
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.try_endpoint import try_endpoint

    with open_runtime() as runtime:
        outcome = try_endpoint(runtime, one_workspace(runtime, workspace), _key(name), actor=ACTOR)
    if not isinstance(outcome, Sent):
        raise click.ClickException(f"Not taken: {outcome.detail}")
    click.echo(f"Taken: {outcome.detail}")


@endpoint.command("off")
@click.argument("name")
@click.option("--reason", required=True, help="Why, in a few words; it is kept.")
@WORKSPACE
def off(name: str, reason: str, workspace: str | None) -> None:
    """Switch NAME off: messages to it wait, for 30 days at most."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.endpoints import disable

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        disable(runtime, workspace_id, _key(name), actor=ACTOR, why=reason)
    click.echo(f"Off: {name}.")


@endpoint.command("on")
@click.argument("name")
@WORKSPACE
def on(name: str, workspace: str | None) -> None:
    """Switch NAME on: what waited for it goes now."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.endpoints import enable

    with open_runtime() as runtime:
        freed = enable(runtime, one_workspace(runtime, workspace), _key(name), actor=ACTOR)
    click.echo(f"On: {name}. Messages that waited and go now: {freed}.")


@endpoint.command("secret")
@click.argument("name")
@click.option("--rotate", is_flag=True, help="Make a new one; the one before signs as well for a day.")
@WORKSPACE
def secret(name: str, rotate: bool, workspace: str | None) -> None:
    """Print the signing secret of the webhook NAME; the audit log says that it was shown."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.endpoint_secret import rotate_secret, show_secret

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        how = rotate_secret if rotate else show_secret
        click.echo(how(runtime, workspace_id, name, actor=ACTOR))


@endpoint.command("address")
@click.argument("name")
@click.option("--address", prompt="Address or bot's token", hide_input=True, help="Asked for when left out.")
@WORKSPACE
def address(name: str, address: str, workspace: str | None) -> None:
    """Give the chat room NAME its secret address; it is never shown again."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.endpoints import set_address

    with open_runtime() as runtime:
        key = ("chat", name.removeprefix("chat:"))
        set_address(runtime, one_workspace(runtime, workspace), key, actor=ACTOR, address=address)
    click.echo(f"Set: {name}. Try it with: waypost endpoint test chat:{key[1]}")
