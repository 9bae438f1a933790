"""`waypost key`: API keys."""

from __future__ import annotations

import click

from waypost_server.cli.options import workspace_option


@click.group()
def key() -> None:
    """Create, list and revoke API keys."""


@key.command()
@click.argument("kind", type=click.Choice(["public", "secret"]))
@click.option("--name", required=True, help="What the key is for, shown in lists.")
@click.option(
    "--scope", "scopes", multiple=True, help="Only these scopes (repeat); all of its kind otherwise."
)
@workspace_option
def create(kind: str, name: str, scopes: tuple[str, ...], workspace: str | None) -> None:
    """Make a key and print it. It is shown this once."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.keys import create_key

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        made = create_key(runtime, workspace_id, kind=kind, name=name, actor="cli", scopes=scopes or None)
    click.echo(made.text)


@key.command("list")
@workspace_option
def list_keys(workspace: str | None) -> None:
    """List keys: id, kind, state, last use, name."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.store import keys

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        with runtime.db.read() as session:
            found = keys.of_workspace(session, workspace_id)
    for each in found:
        state = "revoked" if each.revoked_at else "active"
        used = each.last_used_on.isoformat() if each.last_used_on else "never used"
        click.echo(f"{each.id}  {each.kind:<7} {state:<8} {used:<11} {each.name}")


@key.command()
@click.argument("key_id")
@workspace_option
def revoke(key_id: str, workspace: str | None) -> None:
    """Stop a key by its id (the 8 characters after wp_pk_ or wp_sk_)."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.keys import revoke_key

    with open_runtime() as runtime:
        revoke_key(runtime, one_workspace(runtime, workspace), key_id, actor="cli")
    click.echo(f"{key_id} is revoked. Every process stops taking it within five seconds.")
