"""No message of the loader goes untested: every code in the source stands in a test beside this one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.definitions.files import FILES, found, load_with
from waypost_server.definitions.loader import MAX_FILES, load, load_files
from waypost_server.domain.condition_compiler import MAX_VALUES

ROOT = Path(__file__).parents[2]
DEFINITIONS = ROOT / "server" / "waypost_server" / "definitions"
# Stands for a message of marshmallow's own; every field here has its own words, so none is left to be shown.
UNREACHED = {"bad_value"}
NUDGE, PLAY, POLICY, CATALOG = "in-app/hint.yaml", "plays/drop.yaml", "policy.yaml", "catalog.yaml"


def codes(text: str) -> Iterator[str]:
    """The codes of problems that this module can report."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = {"Problem": 0, "refuse": 0, "error": 2, "warning": 2}.get(name)
        if place is not None and len(node.args) > place:
            code = node.args[place]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def test_every_code_is_tested() -> None:
    """A new message comes with a test of its file, its line and its remedy."""
    known = {code for path in DEFINITIONS.rglob("*.py") for code in codes(path.read_text())}
    tested = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert len(known) > 60
    assert [code for code in sorted(known - UNREACHED) if f'"{code}"' not in tested] == []


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "line", "remedy"),
    [
        (POLICY, "per: 7d}", "per: 7d, channels: 3}", "not_texts", 1, "[one, two]"),
        (PLAY, "long_tail:\n  - email: {template: tips, to: {role: admin}}\n  - wait: {days: 3, or: goal}\n"
         "  - webhook: crm\nstrategic:\n  - task: {template: tips}\n", "", "no_branch", 1, "long_tail:"),
        (NUDGE, "title: Hint", "title: " + "x" * 300_000, "too_large", 1, "split it"),
    ],
)  # fmt: skip
def test_the_rarer_mistakes(name: str, old: str, new: str, code: str, line: int, remedy: str) -> None:
    """What hardly anybody writes is told as well as the rest."""
    finding = found(load_with(name, old, new), code, name)
    assert (finding.severity, finding.line) == ("error", line) and remedy in finding.remedy


def test_a_group_has_a_limit() -> None:
    """A saved group is a list of values, not a database."""
    group = f"groups: {{beta: {{title: Beta, values: [{', '.join(map(str, range(MAX_VALUES + 1)))}]}}}}\n"
    finding = found(
        load_with(CATALOG, "product: Acme\n", f"product: Acme\n{group}"), "too_many_values", CATALOG
    )
    assert (finding.severity, finding.line) == ("error", 2) and finding.remedy


def test_a_step_no_way_leads_to() -> None:
    """A branch that always passes a step by is a slip."""
    tour = "tour: {steps: [{key: a, branches: [{when: {}, to: c}]}, {key: b}, {key: c}]}"
    words = "steps: {a: {title: A}, b: {title: B}, c: {title: C}}"
    text = FILES[NUDGE].replace("surface: tooltip\n", f"surface: tour\n{tour}\n")
    text = text.replace("    title: Hello\n", f"    title: Hello\n    {words}\n")
    finding = found(load_files({**FILES, NUDGE: text}), "unreachable_step", NUDGE)
    assert (finding.severity, finding.line) == ("warning", 4) and "remove the step" in finding.remedy


def test_folders_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there, a file that may not be read, one that is far too large, and too many of them."""
    missing = load(tmp_path / "none").findings[0]
    assert missing.code == "no_folder" and "catalog.yaml" in missing.remedy
    many = load_files({f"in-app/{n}.yaml": "" for n in range(MAX_FILES + 1)}).findings[0]
    assert many.code == "too_many_files" and str(MAX_FILES) in many.remedy
    (tmp_path / "catalog.yaml").write_text("product: Acme")

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    finding = found(load(tmp_path), "unreadable", "catalog.yaml")
    assert (finding.severity, finding.line) == ("error", 1) and "permissions" in finding.remedy
