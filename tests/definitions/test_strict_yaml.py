"""YAML without its traps."""

from __future__ import annotations

import pytest

from waypost_server.definitions.strict_yaml import YamlProblemError, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", "no"),
        ("a: yes", "yes"),
        ("a: on", "on"),
        ("a: true", True),
        ("a: True", "True"),
        ("a: null", None),
        ("a:", None),
        ("a: 2026-12-01", "2026-12-01"),
        ("a: 12:30", "12:30"),
        ("a: 1_000", "1_000"),
        ("a: 0x10", "0x10"),
        ("a: 010", "010"),
        ("a: 10", 10),
        ("a: -1.5", -1.5),
        ("a: 1e3", 1000.0),
        ("a: .inf", ".inf"),
        ("a: .nan", ".nan"),
        ('a: "10"', "10"),
        ("a: 'true'", "true"),
        ("a: |\n  x\n  y\n", "x\ny\n"),
        ("a: " + "9" * 30, "9" * 30),
    ],
)
def test_scalars(text: str, value: object) -> None:
    """Only plain numbers, true, false and null are anything but text."""
    seen = read("x.yaml", text).data["a"]
    assert seen == value and type(seen) is type(value)


def test_every_value_knows_its_place() -> None:
    """Keys and list items carry line and column."""
    source = read("x.yaml", "a: 1\nb:\n  - c: 2\n  - 3\n")
    assert source.position(("b", 0, "c")) == (3, 5)
    assert source.position(("b", 1)) == (4, 5)
    assert source.position(("b", 7, "z")) == (2, 1)
    assert source.at(("a",)) == "x.yaml:1"


BOMB = "a: &a [x]\n" + "".join(
    f"{b}: &{b} [*{a},*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text", [BOMB, "[" * 100_000, "- " * 20_000, "{a: " * 5_000, "a: !!python/object/apply:os.system [x]", "\ud800",
             "a: \x07", "%YAML 9.9\n---\na: 1", "a: 'x", "a" * 300_000]
)  # fmt: skip
def test_hostile_text_is_one_clear_problem(text: str) -> None:
    """Bombs, deep nesting, tags and control characters are refused, quickly and without any other error."""
    with pytest.raises(YamlProblemError) as caught:
        read("x.yaml", text)
    assert caught.value.problem.message and caught.value.problem.remedy
