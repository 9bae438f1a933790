"""The condition language, case by case, as the shared vectors state it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from waypost_server.domain.conditions import compile_condition, evaluate

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "conditions.json").read_text())
CASES = [
    pytest.param(condition, facts, expected, id=f"{feature}: {name}")
    for feature, cases in VECTORS.items()
    for name, condition, facts, expected in cases
]


@pytest.mark.parametrize(("condition", "facts", "expected"), CASES)
def test_vector(condition: dict[str, Any], facts: dict[str, Any], expected: bool) -> None:
    """Each vector comes out as stated, and reading facts changes nothing."""
    before = copy.deepcopy((condition, facts))
    assert evaluate(condition, facts) is expected
    assert (condition, facts) == before


@pytest.mark.parametrize(("condition", "facts", "expected"), CASES)
def test_explanation_agrees(condition: dict[str, Any], facts: dict[str, Any], expected: bool) -> None:
    """The explanation reaches the same verdict as the closure."""
    assert compile_condition(condition).explain(facts).truth == ("true" if expected else "false")


def test_there_are_enough_vectors() -> None:
    """Every operator has a vector."""
    assert len(CASES) >= 120
    written = json.dumps(VECTORS)
    from waypost_server.domain.operators import ALL_OPERATORS, LOGIC

    assert [name for name in (*ALL_OPERATORS, *LOGIC) if f'"{name}"' not in written] == []
