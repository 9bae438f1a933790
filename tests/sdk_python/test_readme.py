"""The README tells the truth: its code runs, its tables are complete."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from tests.sdk_python.sink import Sink
from waypost import Waypost, config, ledger
from waypost.version import VERSION

PACKAGE = Path(__file__).parents[2] / "sdk" / "python"
README = (PACKAGE / "README.md").read_text()
QUICKSTART, TOKEN, TESTING = re.findall(r"```python\n(.*?)```", README, re.S)


def table(heading: str) -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", README.partition(heading)[2], re.M)
    return {name: rest.split(" | ") for name, rest in rows}


def test_the_quickstart_runs(sink: Sink) -> None:
    """The Flask example, with the sink for a server: a request reports its event and gets its nudges."""
    names: dict[str, Any] = {"__name__": "quickstart"}
    source = QUICKSTART.replace("wp_sk_…", "wp_sk_test").replace("https://waypost.example", sink.url)
    exec(compile(source, "README.md", "exec"), names)
    with names["wp"] as client:
        assert names["app"].test_client().post("/reports/u1").json == {"nudges": []}
        assert client.flush()
    assert sink.names == ["report_created"]
    assert len([line for line in QUICKSTART.splitlines() if line.strip()]) <= 10


def test_the_other_examples_run() -> None:
    """The token and testing examples run as they stand."""
    exec(compile(TOKEN, "README.md", "exec"), {})
    exec(compile(TESTING, "README.md", "exec"), {})


def test_every_option_is_documented_with_its_default() -> None:
    """The options table names exactly the keyword options, with their defaults."""
    parameters = inspect.signature(Waypost).parameters.values()
    options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    documented = table("## Options")
    assert set(options) == {name for name in documented if name in options}
    shown = {name: documented[name][0] for name in options}
    defaults = {
        name: "`random.random`" if value is config.roll else str(value) for name, value in options.items()
    }
    assert shown == defaults


def test_every_reason_of_a_loss_is_documented() -> None:
    """The table of reasons names exactly the reasons the ledger knows."""
    reasons = {value for name, value in vars(ledger).items() if name.isupper() and isinstance(value, str)}
    assert reasons <= set(table("| reason in"))
    assert set(table("| reason in")) == reasons


def test_the_version_is_the_same_everywhere() -> None:
    """pyproject, module and changelog name one version."""
    assert f'version = "{VERSION}"' in (PACKAGE / "pyproject.toml").read_text()
    assert f"## {VERSION}" in (PACKAGE / "CHANGELOG.md").read_text()
