"""`waypost owner`: name who looks after an account, or let the trait `csm` decide."""

from __future__ import annotations

import click

from waypost_server.cli.opened import ACTOR, opened_account, opened_by
from waypost_server.cli.options import by_option, workspace_option


@click.group()
def owner() -> None:
    """Name who looks after an account."""


@owner.command("set")
@click.argument("account")
@click.argument("email", metavar="OWNER")
@click.option("--reason", default="", help="Why, in a few words.")
@by_option
@workspace_option
def set_(account: str, email: str, reason: str, by: str, workspace: str | None) -> None:
    """Let OWNER (an e-mail) look after ACCOUNT; open tasks of the owner before go along."""
    from waypost_server.services.account_owner import set_owner

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        handed = set_owner(runtime, workspace_id, account, email, person=person, reason=reason, via=ACTOR)
    click.echo(f"{email} looks after {account}.{_tasks(handed.tasks)}")


@owner.command("withdraw")
@click.argument("account")
@by_option
@workspace_option
def withdraw(account: str, by: str, workspace: str | None) -> None:
    """Let the trait `csm` of ACCOUNT name its owner again."""
    from waypost_server.services.account_owner import withdraw_owner
    from waypost_server.store import console_users

    with opened_by(by, workspace) as (runtime, workspace_id, person):
        handed = withdraw_owner(runtime, workspace_id, account, person=person, via=ACTOR)
        with runtime.db.read() as session:
            name = console_users.names(session, workspace_id).get(handed.owner or "", "nobody")
    click.echo(f"The trait csm names the owner of {account} again: {name}.{_tasks(handed.tasks)}")


@owner.command("show")
@click.argument("account")
@workspace_option
def show(account: str, workspace: str | None) -> None:
    """Who looks after ACCOUNT, and who said so."""
    from waypost_server.store import account_owners, console_users

    with opened_account(account, workspace) as (session, found):
        rows = account_owners.history(session, found.workspace_id, account)
        names = console_users.names(session, found.workspace_id)
    how = "by hand" if found.owner_set else "by the trait csm"
    click.echo(f"{account}: {names.get(found.owner or '', 'nobody')}, {how}")
    for row in rows:
        what = "left to the trait csm" if row.by_trait else names.get(row.owner or "", "nobody")
        why = f": {row.reason}" if row.reason else ""
        click.echo(f"  {row.at:%Y-%m-%d}  {what}, by {names.get(row.person)}{why}")


def _tasks(moved: int) -> str:
    return f" {moved} open {'task goes' if moved == 1 else 'tasks go'} along." if moved else ""
