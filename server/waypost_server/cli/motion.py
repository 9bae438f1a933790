"""`waypost motion`: serve an account differently for a while, or take that back."""

from __future__ import annotations

from datetime import datetime

import click

from waypost_server.cli.opened import ACTOR, opened_account, opened_by
from waypost_server.cli.options import by_option, workspace_option


@click.group()
def motion() -> None:
    """Serve an account differently for a while."""


@motion.command("set")
@click.argument("account")
@click.argument("motion_key", metavar="MOTION")
@click.option(
    "--until",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day on which the rule counts again.",
)
@click.option("--reason", required=True, help="Why, in a few words.")
@by_option
@workspace_option
def set_(account: str, motion_key: str, until: datetime, reason: str, by: str, workspace: str | None) -> None:
    """Give ACCOUNT the motion MOTION until a day. What was set before is replaced."""
    from waypost_server.domain.local_day import start_of
    from waypost_server.services import motion as service

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        with runtime.db.read() as session:
            zone = runtime.releases.standing(session, workspace_id).zone
        word = service.Word(motion_key, start_of(until.date(), zone), reason, person, ACTOR)
        service.set_motion(runtime, workspace_id, account, word)
    click.echo(f"{account} is served as {motion_key} until {until:%Y-%m-%d}.")


@motion.command("withdraw")
@click.argument("account")
@by_option
@workspace_option
def withdraw(account: str, by: str, workspace: str | None) -> None:
    """Let the catalogue's rule decide about ACCOUNT again."""
    from waypost_server.services.motion import withdraw_motion

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        rule = withdraw_motion(runtime, workspace_id, account, person=person, via=ACTOR)
    click.echo(f"{account} follows the rule again: {rule or 'no motion until a catalogue is published'}.")


@motion.command("show")
@click.argument("account")
@workspace_option
def show(account: str, workspace: str | None) -> None:
    """How ACCOUNT is served, and who said so."""
    from waypost_server.store import console_users, motion_overrides

    with opened_account(account, workspace) as (session, found):
        rows = motion_overrides.history(session, found.workspace_id, account)
        names = console_users.names(session, found.workspace_id)
    click.echo(f"{account}: {found.motion or 'not classified yet'}")
    for row in rows:
        end = f"{row.ended} {row.ended_at:%Y-%m-%d}" if row.ended_at else f"until {row.until:%Y-%m-%d}"
        click.echo(f"  {row.set_at:%Y-%m-%d}  {row.motion}, {end}, by {names.get(row.person)}: {row.reason}")
    if not rows:
        click.echo("  by the catalogue's rule; nobody has set it")
