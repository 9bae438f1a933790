"""`waypost nudges schema`: a JSON Schema of the definitions, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))
@click.option(
    "--any",
    "of_nobody",
    is_flag=True,
    help="Any keys, of no folder: as /v1/definitions/schema.json.",
)
def schema(folder: Path, of_nobody: bool) -> None:
    """Print a JSON Schema of the files for editors, with the names of facts that FOLDER defines."""
    from waypost_server.definitions.editor_schema import editor_schema
    from waypost_server.definitions.loader import load

    definitions = None if of_nobody else load(folder).definitions
    click.echo(json.dumps(editor_schema(definitions), indent=1))
