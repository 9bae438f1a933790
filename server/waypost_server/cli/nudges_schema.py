"""`waypost nudges schema`: a JSON Schema of the definitions, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))
def schema(folder: Path) -> None:
    """Print a JSON Schema of the files for editors, with the names of facts that FOLDER defines."""
    from waypost_server.definitions.editor_schema import editor_schema
    from waypost_server.definitions.loader import load

    click.echo(json.dumps(editor_schema(load(folder).definitions), indent=1))
