"""Options that several commands have, with the same words."""

from __future__ import annotations

import click

workspace_option = click.option("--workspace", "-w", help="Workspace id; not needed when there is only one.")
reason_option = click.option("--reason", required=True, help="Why, in a few words; it is kept.")
by_option = click.option("--by", required=True, help="E-mail of the person who decides it.")
