"""`waypost user`: who may log into the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from waypost_server.cli.opened import opened
from waypost_server.cli.options import workspace_option

if TYPE_CHECKING:
    from waypost_server.services.runtime import Runtime


@click.group()
def user() -> None:
    """Create and list people who log into the console."""


@user.command("add")
@click.argument("email")
@click.option("--name", help="How they appear; the part before the @ otherwise.")
@click.option(
    "--role",
    default="csm",
    show_default=True,
    help="viewer, author, csm, approver or admin; each includes the ones before.",
)
@click.option("--password", is_flag=True, help="Ask for a password; without one they use login links.")
@workspace_option
def add(email: str, name: str | None, role: str, password: bool, workspace: str | None) -> None:
    """Let EMAIL in, and print a login link that works once, within an hour."""
    from waypost_server.services.console_login import make_login_link
    from waypost_server.services.console_users import NewPerson, add_console_user

    secret = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    with opened(workspace) as (runtime, workspace_id):
        person = NewPerson(email, name or email.partition("@")[0], role, secret)
        user_id = add_console_user(runtime, workspace_id, person, actor="cli")
        click.echo(f"Added {email} as {role}. Login link, once, within an hour:")
        click.echo(make_login_link(runtime, workspace_id, user_id))


@user.command("list")
@workspace_option
def list_people(workspace: str | None) -> None:
    """Everybody with access, and who lost it."""
    from waypost_server.store import console_users

    with opened(workspace) as (runtime, workspace_id):
        with runtime.db.read() as session:
            rows = console_users.page(session, workspace_id)
        width = max((len(row.email) for row in rows), default=0)
        for row in rows:
            way = "password or link" if row.password_hash else "link"
            state = "disabled" if row.disabled_at else way
            click.echo(f"{row.email:<{width}}  {row.role:<8}  {state:<16}  {row.name}")
        if not rows:
            click.echo("Nobody yet. Let somebody in: waypost user add EMAIL --role admin")


@user.command("disable")
@click.argument("email")
@workspace_option
def disable(email: str, workspace: str | None) -> None:
    """Shut EMAIL out at once: sessions and links end."""
    from waypost_server.services.console_users import disable_console_user

    with _person(email, workspace) as (runtime, workspace_id, user_id):
        disable_console_user(runtime, workspace_id, user_id, actor="cli")
        click.echo(f"Disabled {email}.")


@user.command("enable")
@click.argument("email")
@workspace_option
def enable(email: str, workspace: str | None) -> None:
    """Let EMAIL in again, as before: with the same role, and the same password if there was one."""
    from waypost_server.services.console_users import let_back_in

    with _person(email, workspace) as (runtime, workspace_id, user_id):
        let_back_in(runtime, workspace_id, user_id, actor="cli")
        click.echo(f"{email} may log in again.")


@user.command("role")
@click.argument("email")
@click.argument("role")
@workspace_option
def role(email: str, role: str, workspace: str | None) -> None:
    """Give EMAIL another ROLE: viewer, author, csm, approver or admin."""
    from waypost_server.services.console_users import change_role

    with _person(email, workspace) as (runtime, workspace_id, user_id):
        change_role(runtime, workspace_id, user_id, role, actor="cli")
        click.echo(f"{email} is {role} now.")


@user.command("password")
@click.argument("email")
@click.option("--none", "without", is_flag=True, help="Take the password away; login links are left.")
@workspace_option
def password(email: str, without: bool, workspace: str | None) -> None:
    """Give EMAIL another password; what is logged in by now ends."""
    from waypost_server.services.console_password import set_password

    new = None if without else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with _person(email, workspace) as (runtime, workspace_id, user_id):
        set_password(runtime, workspace_id, user_id, new, actor="cli")
        click.echo(f"{email} has {'no' if without else 'another'} password, and is logged out.")


@user.command("login-link")
@click.argument("email")
@workspace_option
def login_link(email: str, workspace: str | None) -> None:
    """Print a login link for EMAIL that works once, within an hour."""
    from waypost_server.services.console_login import make_login_link

    with _person(email, workspace) as (runtime, workspace_id, user_id):
        click.echo(make_login_link(runtime, workspace_id, user_id))


@contextmanager
def _person(email: str, workspace: str | None) -> Iterator[tuple[Runtime, str, str]]:
    """The runtime, the workspace and the id of somebody in it. Raises NotFoundError."""
    from waypost_server.domain.errors import NotFoundError
    from waypost_server.store import console_users

    with opened(workspace) as (runtime, workspace_id):
        with runtime.db.read() as session:
            person = console_users.by_email(session, workspace_id, email)
        if person is None:
            raise NotFoundError(f"There is no console user {email} in this workspace.")
        yield runtime, workspace_id, person.id
