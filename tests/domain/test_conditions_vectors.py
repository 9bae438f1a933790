"""The condition language, case by case, as the shared vectors state it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from waypost_server.domain.conditions import ConditionError, compile_condition, evaluate
from waypost_server.domain.operators import ALL_OPERATORS, LOGIC

FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS = {
    name: json.loads((FOLDER / f"{name}.json").read_text())
    for name in ("conditions", "conditions_growthbook")
}
CASES = [
    pytest.param(condition, facts, expected, groups[0] if groups else {}, id=f"{feature}: {name}")
    for vectors in VECTORS.values()
    for feature, cases in vectors.items()
    for name, condition, facts, expected, *groups in cases
]
RANDOM = json.loads((FOLDER / "conditions_random.json").read_text())


@pytest.mark.parametrize(("condition", "facts", "expected", "groups"), CASES)
def test_vector(condition: dict[str, Any], facts: dict[str, Any], expected: bool, groups: Any) -> None:
    """Each vector comes out as stated, and reading facts changes nothing."""
    before = copy.deepcopy((condition, facts, groups))
    assert evaluate(condition, facts, groups) is expected
    assert (condition, facts, groups) == before


@pytest.mark.parametrize(("condition", "facts", "expected", "groups"), CASES)
def test_compiled_agrees(
    condition: dict[str, Any], facts: dict[str, Any], expected: bool, groups: Any
) -> None:
    """A condition that authors may write has one answer: compiled, explained and evaluated."""
    try:
        compiled = compile_condition(condition, groups)
    except ConditionError as error:
        assert error.code in REFUSED
        return
    assert compiled.test(facts) is expected
    assert compiled.explain(facts, ()).truth == ("true" if expected else "false")


REFUSED = {
    "bad_pattern", "condition_shape", "empty_group", "group_cycle", "group_kind", "mixed_keys", "operator_value",
    "unknown_group", "unknown_operator",
}  # fmt: skip


def test_random_documents_come_out_as_in_javascript() -> None:
    """Three hundred random conditions, well formed and not, with the answers of GrowthBook's JavaScript SDK 1.8.0."""
    differ = [
        [condition, facts, expected]
        for condition, facts, expected in RANDOM["cases"]
        if evaluate(condition, facts, RANDOM["groups"]) is not expected
    ]
    assert differ == [] and len(RANDOM["cases"]) == 300


def test_there_are_enough_vectors() -> None:
    """Every operator has a vector, but for the two that the JavaScript SDK lacks; those are tested beside."""
    assert len(CASES) >= 450
    written = json.dumps(VECTORS)
    lacking = [name for name in (*ALL_OPERATORS, *LOGIC) if f'"{name}"' not in written]
    assert lacking == ["$notRegex", "$notRegexi"]
