"""The shape of the house holds: small files, and nothing an operator needs is undocumented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from waypost_server.cli import COMMANDS, main
from waypost_server.config import OTHERS

ROOT = Path(__file__).parent.parent
SOURCES = [ROOT / "server" / "waypost_server", ROOT / "sdk" / "python" / "src"]
LINES, MEDIAN = 400, 120


def files() -> list[Path]:
    """Every Python source file we wrote."""
    found = [file for folder in SOURCES for file in folder.rglob("*.py")]
    return sorted(file for file in found if "versions" not in file.parts)


def length(file: Path) -> int:
    return len(file.read_text().splitlines())


def test_files_are_small() -> None:
    """No file is over 400 lines, and the usual one is far below."""
    lengths = {file: length(file) for file in files()}
    assert {str(file): lines for file, lines in lengths.items() if lines > LINES} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= MEDIAN


def test_every_module_says_what_it_is() -> None:
    """Each module that holds code begins with a docstring."""
    silent = [
        str(file.relative_to(ROOT))
        for file in files()
        if (tree := ast.parse(file.read_text())).body and ast.get_docstring(tree) is None
    ]
    assert silent == []


def test_every_setting_is_documented() -> None:
    """Each WAYPOST_ variable that config.py reads is in docs/operations.md, and no other is."""
    source = (ROOT / "server" / "waypost_server" / "config.py").read_text()
    read = set(re.findall(r"\"(WAYPOST_[A-Z_]+)\"", source))
    told = set(re.findall(r"`(WAYPOST_[A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text()))
    assert read - told == OTHERS - told  # of clients, the demo and the fault tests
    assert told <= read


def commands(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


def test_every_command_is_documented() -> None:
    """Each command is in docs/operations.md as `waypost …`, and says in its help what it does."""
    page = (ROOT / "docs" / "operations.md").read_text()
    for words, command in commands(main):
        assert command.help, words
        if not isinstance(command, click.Group) or command.invoke_without_command:
            assert f"waypost {' '.join(words)}" in page, words


def test_the_root_command_starts_quickly() -> None:
    """`waypost --help` imports neither a command's module nor the web framework."""
    modules = [f"waypost_server.cli.{entry[0]}" for entry in COMMANDS.values()]
    code = (
        "import sys; from waypost_server.cli import main; main(['--help'], standalone_mode=False); "
        f"found = {[*modules, 'flask', 'sqlalchemy']!r}; assert not set(found) & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_lock_files_name_no_host() -> None:
    """requirements.lock and package-lock.json install from whichever registry a machine uses."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "check_locks.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
