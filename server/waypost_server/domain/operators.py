"""The operators of the condition language: each makes a test of one value.

`OPERATORS` maps the name to a builder `(wanted) -> test(value)`; `CHECKS` says which `wanted` it takes.
`$not`, `$size` and `$elemMatch` hold conditions themselves; `condition_compiler` puts them together from the
tests here. No test raises on any value, and no builder on any `wanted`, but for a pattern that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from operator import ge, gt, le, lt
from typing import Any

from . import coercion, patterns

Test = Callable[[Any], bool]


def never(_value: Any) -> bool:
    """Holds for nothing."""
    return False


def always(_value: Any) -> bool:
    """Holds for everything."""
    return True


def equal_literal(wanted: Any) -> Test:
    """A bare value (`user.role: admin`): converts the way JavaScript does, so "5" equals 5."""
    kind = wanted.__class__
    if kind is str:
        as_text = coercion.text
        return lambda value: value == wanted if value.__class__ is str else as_text(value) == wanted
    if kind is bool:
        truthy = coercion.truthy
        return lambda value: value is not None and truthy(value) is wanted
    if kind is int or kind is float:
        return _number_literal(wanted)
    if wanted is None:
        return lambda value: value is None
    document = coercion.json_text(wanted)
    return lambda value: coercion.json_text(value) == document


def _number_literal(wanted: float) -> Test:
    def test(value: Any) -> bool:
        kind = value.__class__
        if kind is int or kind is float:
            return bool(value == wanted)
        return coercion.number(value) == wanted

    return test


def _exactly(wanted: Any) -> Test:
    if wanted.__class__ is str:
        return lambda value: value.__class__ is str and value == wanted
    return lambda value: coercion.same(value, wanted)


def is_plain_text(value: Any) -> bool:
    """A text that Python orders as JavaScript does: below the surrogates, code points and code units agree."""
    return value.__class__ is str and max(value, default="") < "\ud800"


def _ordered(wanted: Any, compare: Callable[[Any, Any], bool], otherwise: Test) -> Test:
    """`compare` where Python's own order of two values is JavaScript's; `otherwise` says what is left."""
    if is_plain_text(wanted):
        return lambda value: compare(value, wanted) if value.__class__ is str else otherwise(value)
    if wanted.__class__ not in (int, float):
        return otherwise

    def test(value: Any) -> bool:
        kind = value.__class__
        return compare(value, wanted) if kind is int or kind is float else otherwise(value)

    return test


def _greater(wanted: Any) -> Test:
    return _ordered(wanted, gt, lambda value: coercion.less(wanted, value))


def _greater_or_same(wanted: Any) -> Test:
    return _ordered(wanted, ge, lambda value: coercion.less_or_same(wanted, value))


def _less(wanted: Any) -> Test:
    return _ordered(wanted, lt, lambda value: coercion.less(value, wanted))


def _less_or_same(wanted: Any) -> Test:
    return _ordered(wanted, le, lambda value: coercion.less_or_same(value, wanted))


def among(wanted: Collection[Any]) -> Test:
    """In a list of values; a list on the left needs one value in common."""
    texts = frozenset(each for each in wanted if each.__class__ is str)
    if len(texts) == len(wanted):
        return lambda value: value in texts if value.__class__ is str else _any_of(value, texts)
    others = tuple(each for each in wanted if each.__class__ is not str)

    def has(value: Any) -> bool:
        if value.__class__ is str:
            return value in texts
        return bool(others) and any(coercion.same(value, each) for each in others)

    def test(value: Any) -> bool:
        kind = value.__class__
        if kind is str:
            return value in texts
        return any(has(each) for each in value) if kind is list else has(value)

    return test


def _any_of(value: Any, texts: frozenset[str]) -> bool:
    return value.__class__ is list and any(each.__class__ is str and each in texts for each in value)


def _among_any_case(wanted: Collection[Any]) -> Test:
    inner = among([coercion.folded(each) for each in wanted])

    def test(value: Any) -> bool:
        if value.__class__ is list:
            return inner([coercion.folded(each) for each in value])
        return inner(coercion.folded(value))

    return test


def each_of(tests: list[Test]) -> Test:
    """All of several tests of one value."""
    return tests[0] if len(tests) == 1 else lambda value: all(each(value) for each in tests)


def any_element(inner: Callable[[Any], bool]) -> Test:
    """A list with an element that passes; a missing element passes nothing."""
    return lambda value: value.__class__ is list and any(each is not None and inner(each) for each in value)


def size(inner: Test) -> Test:
    """A list whose length passes."""
    return lambda value: value.__class__ is list and inner(len(value))


def _every(tests: list[Test]) -> Test:
    def test(value: Any) -> bool:
        if value.__class__ is not list:
            return False
        return all(any(each(item) for item in value) for each in tests)

    return test


def _text_any_case(wanted: Any) -> Test:
    if wanted.__class__ is not str:
        return equal_literal(wanted)
    lowered = wanted.lower()
    return lambda value: coercion.text(value).lower() == lowered


def negation(test: Test) -> Test:
    """The opposite of a test: a missing value passes if the test fails on it."""
    return lambda value: not test(value)


def _pattern(wanted: Any, ignore_case: bool) -> Test:
    """A text, or what JavaScript makes of a value that is none, in which the pattern is found."""
    if wanted.__class__ is not str:
        raise patterns.PatternError("it is no text")
    found = patterns.searcher(wanted, ignore_case)
    return lambda value: found(coercion.text(value))


def _version(compare: Callable[[str, str], bool]) -> Callable[[Any], Test]:
    def build(wanted: Any) -> Test:
        padded = coercion.padded_version(wanted)
        return lambda value: compare(coercion.padded_version(value), padded)

    return build


OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    "$eq": _exactly,
    "$ne": lambda wanted: negation(_exactly(wanted)),
    "$lt": _less,
    "$lte": _less_or_same,
    "$gt": _greater,
    "$gte": _greater_or_same,
    "$exists": lambda wanted: (
        (lambda value: value is not None) if coercion.truthy(wanted) else (lambda value: value is None)
    ),
    "$in": among,
    "$nin": lambda wanted: negation(among(wanted)),
    "$ini": _among_any_case,
    "$nini": lambda wanted: negation(_among_any_case(wanted)),
    "$all": lambda wanted: _every([equal_literal(each) for each in wanted]),
    "$alli": lambda wanted: _every([_text_any_case(each) for each in wanted]),
    "$regex": lambda wanted: _pattern(wanted, False),
    "$regexi": lambda wanted: _pattern(wanted, True),
    "$notRegex": lambda wanted: negation(_pattern(wanted, False)),
    "$notRegexi": lambda wanted: negation(_pattern(wanted, True)),
    "$type": lambda wanted: lambda value: coercion.kind_of(value) == wanted,
    "$veq": _version(lambda left, right: left == right),
    "$vne": _version(lambda left, right: left != right),
    "$vgt": _version(lambda left, right: left > right),
    "$vgte": _version(lambda left, right: left >= right),
    "$vlt": _version(lambda left, right: left < right),
    "$vlte": _version(lambda left, right: left <= right),
}
GROUP_OPERATORS = ("$inGroup", "$notInGroup")
NESTING_OPERATORS = ("$not", "$size", "$elemMatch")
ALL_OPERATORS = (*OPERATORS, *GROUP_OPERATORS, *NESTING_OPERATORS)
LOGIC = ("$and", "$or", "$nor", "$not", "$savedGroup")
TYPES = ("string", "number", "boolean", "array", "object", "null")

LISTS = frozenset({"$in", "$nin", "$ini", "$nini", "$all", "$alli"})
_ORDERED = frozenset({"$lt", "$lte", "$gt", "$gte"})
_VERSIONS = frozenset({"$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"})
PATTERNS = frozenset({"$regex", "$regexi", "$notRegex", "$notRegexi"})
NEGATED_PATTERNS = frozenset({"$notRegex", "$notRegexi"})


def example(operator: str) -> str:
    """How to write an operator, for messages."""
    if operator in LISTS:
        return f"write {{{operator}: [one, two]}}"
    if operator in _VERSIONS:
        return f'write {{{operator}: "2.10.0"}}'
    if operator in ("$eq", "$ne"):
        return "use $in, $all, or the list without an operator"
    if operator in PATTERNS:
        return f"write {{{operator}: '^acme-'}}"
    if operator == "$savedGroup":
        return "write $savedGroup: power_admins"
    examples = {
        "$exists": "true",
        "$type": "string",
        "$elemMatch": "{$gt: 10}",
        "$inGroup": "beta",
        "$notInGroup": "beta",
    }
    return f"write {{{operator}: {examples.get(operator, '10')}}}"


def complaint(operator: str, wanted: Any) -> str | None:
    """Why `operator` cannot take `wanted`, as a sentence; None if it can."""
    kind = wanted.__class__
    if operator in LISTS and (kind is not list or not wanted):
        return f"{operator} needs a list with at least one value"
    if operator in _ORDERED and kind not in (int, float, str):
        return f"{operator} needs a number or text to compare with"
    if operator in _VERSIONS and kind not in (int, float, str):
        return f'{operator} needs a version, such as "2.10.0"'
    if operator == "$exists" and kind is not bool:
        return "$exists needs true or false"
    if operator == "$type" and wanted not in TYPES:
        return f"$type needs one of {', '.join(TYPES)}"
    if operator in PATTERNS and (kind is not str or not wanted):
        return f"{operator} needs a pattern"
    if operator in ("$eq", "$ne") and kind in (list, dict):
        return f"{operator} compares single values only; a list or an object never equals it"
    return None
