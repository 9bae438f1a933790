"""`waypost nudges new`: a first draft that is valid as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import click

from waypost_server.cli.findings import read_folder
from waypost_server.definitions.scaffolds import KINDS, first_files, scaffold


@click.command()
@click.argument("kind", type=click.Choice(("catalog", *KINDS)))
@click.argument("key")
@click.option("--title", help="For colleagues; made from KEY if left out.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("nudges"), show_default=True)
def new(kind: str, key: str, title: str | None, folder: Path) -> None:
    """Write a first draft of KIND (a surface, play or template) called KEY into the folder.

    An empty folder begins with `waypost nudges new catalog acme`, KEY being your product.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key):
        raise click.ClickException(f"{key!r} is no key: use 1 to 64 of a-z 0-9 _ -")
    words = title or key.replace("-", " ").replace("_", " ").capitalize()
    draft = first_files(words) if kind == "catalog" else _draft(kind, key, words, folder)
    taken = [name for name in draft if (folder / name).exists()]
    if taken:
        raise click.ClickException(
            f"{folder}/{taken[0]} is there already" + ("" if kind == "catalog" else "; choose another key")
        )
    for name, text in draft.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"{path} written")
    change = "put your product's events into catalog.yaml" if kind == "catalog" else "change the words"
    click.echo(f"Next: {change}, then `waypost nudges validate` and `waypost nudges test`.")


def _draft(kind: str, key: str, words: str, folder: Path) -> dict[str, str]:
    loaded = read_folder(folder)
    if not (folder / "catalog.yaml").exists():
        raise click.ClickException(
            f"there is no {folder}/catalog.yaml; begin with `waypost nudges new catalog YOUR-PRODUCT`"
        )
    if not loaded.definitions.catalog.features:
        raise click.ClickException(
            f"{folder}/catalog.yaml has no feature that can be read; see `waypost nudges validate {folder}`"
        )
    return scaffold(kind, key, words, loaded.definitions)
