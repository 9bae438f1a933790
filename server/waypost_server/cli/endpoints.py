"""`waypost endpoint`: where webhooks and chat messages go, and how they have answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import reason_option, workspace_option


@click.group()
def endpoint() -> None:
    """Look at, try, and switch webhooks and chat rooms of policy.yaml. NAME is a webhook, `chat:NAME` a room."""


def _do(workspace: str | None, deed: Callable[..., Any], name: str, **more: str) -> Any:
    channel, colon, rest = name.partition(":")
    key = (channel, rest) if colon else ("webhook", name)
    with opened(workspace) as (runtime, workspace_id):
        return deed(runtime, workspace_id, key, actor=ACTOR, **more)


@endpoint.command("list")
@workspace_option
def list_endpoints(workspace: str | None) -> None:
    """Show every endpoint with its state and how many messages wait for it."""
    from waypost_server.services.endpoints import see_all

    with opened(workspace) as (runtime, workspace_id), runtime.db.read() as session:
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
@workspace_option
def test(name: str, workspace: str | None) -> None:
    """Send a test to NAME and say what it answered."""
    from waypost_server.channels.outcome import Sent
    from waypost_server.services.try_endpoint import try_endpoint

    outcome = _do(workspace, try_endpoint, name)
    if not isinstance(outcome, Sent):
        raise click.ClickException(f"Not taken: {outcome.detail}")
    click.echo(f"Taken: {outcome.detail}")


@endpoint.command("off")
@click.argument("name")
@reason_option
@workspace_option
def off(name: str, reason: str, workspace: str | None) -> None:
    """Switch NAME off: messages to it wait, for 30 days at most."""
    from waypost_server.services.endpoints import disable

    _do(workspace, disable, name, why=reason)
    click.echo(f"Off: {name}.")


@endpoint.command("on")
@click.argument("name")
@workspace_option
def on(name: str, workspace: str | None) -> None:
    """Switch NAME on: what waited for it goes now."""
    from waypost_server.services.endpoints import enable

    freed = _do(workspace, enable, name)
    click.echo(f"On: {name}. Messages that waited and go now: {freed}.")


@endpoint.command("secret")
@click.argument("name")
@click.option("--rotate", is_flag=True, help="Make a new one; the one before signs as well for a day.")
@workspace_option
def secret(name: str, rotate: bool, workspace: str | None) -> None:
    """Print the signing secret of the webhook NAME; the audit log says that it was shown."""
    from waypost_server.services.endpoint_secret import rotate_secret, show_secret

    how = rotate_secret if rotate else show_secret
    with opened(workspace) as (runtime, workspace_id):
        click.echo(how(runtime, workspace_id, name, actor=ACTOR))


@endpoint.command("address")
@click.argument("name")
@click.option("--address", prompt="Address or bot's token", hide_input=True, help="Asked for when left out.")
@workspace_option
def address(name: str, address: str, workspace: str | None) -> None:
    """Give the chat room NAME its secret address; it is never shown again."""
    from waypost_server.services.endpoints import set_address

    room = f"chat:{name.removeprefix('chat:')}"
    _do(workspace, set_address, room, address=address)
    click.echo(f"Set: {name}. Try it with: waypost endpoint test {room}")
