"""The container files say what this version understands. That the image builds is tried by hand: it needs an engine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from waypost_server.cli import main
from waypost_server.config import Settings

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "waypost"}


@pytest.mark.parametrize("name", OURS)
def test_each_service_runs_a_command_that_exists(name: str) -> None:
    """What compose.yaml, or else the image, starts can be typed."""
    default = re.findall(r'"([^"]+)"', DOCKERFILE.rpartition("CMD ")[2])
    words: list[str] = list(OURS[name].get("command", default))
    command: click.Command = main
    context = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command, context = found, click.Context(found, parent=context)
    command.make_parser(context).parse_args(words)


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_one_that_is_read(name: str) -> None:
    """Every variable given to a process is in the table of settings."""
    table = (ROOT / "docs" / "operations.md").read_text()
    assert [each for each in OURS[name]["environment"] if f"`{each}`" not in table] == []


def test_the_image_has_the_python_that_is_locked() -> None:
    """The same minor version as the tests run on."""
    locked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert set(re.findall(r"FROM python:([\d.]+)-slim", DOCKERFILE)) == {locked.removeprefix(">=")}


def test_what_the_image_copies_is_there() -> None:
    """And is not kept from it by .dockerignore."""
    sources = [
        each for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M) for each in line.split()[:-1]
    ]
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert [each for each in sources if not (ROOT / each).exists()] == []
    assert [each for each in sources if f"!{each.partition('/')[0]}" not in let_in] == []


def test_a_setting_left_empty_is_not_set() -> None:
    """As compose.yaml leaves them when .env says nothing."""
    settings = Settings.from_env(
        {
            "WAYPOST_DATABASE_URL": "postgresql://db/waypost",
            "WAYPOST_SECRET": "s" * 32,
            "WAYPOST_SMTP_HOST": "smtp.example.com",
            "WAYPOST_SMTP_PORT": "",
            "WAYPOST_SMTP_USER": "",
            "WAYPOST_METRICS_TOKEN": "",
        }
    )
    assert settings.smtp is not None
    assert (settings.smtp.port, settings.smtp.user, settings.metrics_token) == (587, None, None)
