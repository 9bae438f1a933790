"""How JavaScript converts and compares values: the ground the condition language stands on.

Conditions follow GrowthBook's language with the semantics of its JavaScript SDK, so that an author who
knows one knows the other. Values are JSON: None, bool, int, float, str, list, dict. Anything else is
treated as an opaque value that equals nothing. No function here raises on any value.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_PREFIXED = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_BUILD_OR_V = re.compile(r"^v|\+.*$", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")
_SPACE = " \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
NAN = math.nan


def number(value: Any) -> float | int:
    """What `value * 1` is: null and "" are 0, true is 1, text that is no number is NaN."""
    kind = value.__class__
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]  # the class was just looked at
    if kind is bool:
        return 1 if value else 0
    if value is None:
        return 0
    if kind is str:
        return _number_of_text(value)
    if kind is list:
        return _number_of_text(text(value))
    return NAN


def _number_of_text(value: str) -> float | int:
    trimmed = value.strip(_SPACE)  # what JavaScript calls white space; Python's own list differs
    if not trimmed:
        return 0
    if len(trimmed) > 400:  # longer than any number worth comparing; keeps int() cheap
        return NAN
    if _DECIMAL.fullmatch(trimmed) and trimmed.isascii():
        return float(trimmed)
    if _PREFIXED.fullmatch(trimmed):
        return int(trimmed, 0)
    return {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}.get(trimmed, NAN)


def text(value: Any) -> str:
    """What `value + ""` is: "null", "true", "5", "a,b" for a list, "[object Object]" for an object."""
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[no-any-return]  # the class was just looked at
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return number_text(value)
    if kind is list:
        return _list_text(value)
    return "[object Object]"


def _list_text(values: list[Any], depth: int = 0) -> str:
    if depth > 50:
        return ""
    parts = []
    for value in values:
        nested = value.__class__ is list
        parts.append("" if value is None else _list_text(value, depth + 1) if nested else text(value))
    return ",".join(parts)


def number_text(value: float | int) -> str:
    """A number as JavaScript writes it: 5.0 is "5"."""
    if isinstance(value, int):
        return str(value) if -(10**21) < value < 10**21 else "[big number]"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    if exponent == "-05" or exponent == "-06":  # JavaScript switches to exponents below 1e-6
        return f"{value:.{len(mantissa.replace('.', '').replace('-', '')) - 1 + int(exponent[1:])}f}"
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def truthy(value: Any) -> bool:
    """What `!!value` is: lists and objects are always true."""
    kind = value.__class__
    if kind is list or kind is dict:
        return True
    return bool(value) and value == value  # NaN is false


def same(left: Any, right: Any) -> bool:
    """`left === right` for values from two documents: lists and objects are never the same one."""
    kind, other = left.__class__, right.__class__
    if kind is str or kind is bool or left is None:
        return kind is other and left == right
    if kind is int or kind is float:
        return (other is int or other is float) and left == right
    return False


def less(left: Any, right: Any) -> bool:
    """`left < right`: two texts by code unit, everything else as numbers; NaN is never less."""
    left, right = _primitive(left), _primitive(right)
    if left.__class__ is str and right.__class__ is str:
        return _units(left) < _units(right)
    return number(left) < number(right)


def less_or_same(left: Any, right: Any) -> bool:
    """`left <= right`, which is not the opposite of `right < left` when one side is no number."""
    left, right = _primitive(left), _primitive(right)
    if left.__class__ is str and right.__class__ is str:
        return _units(left) <= _units(right)
    return number(left) <= number(right)


def _primitive(value: Any) -> Any:
    return text(value) if value.__class__ is list or value.__class__ is dict else value


def _units(value: str) -> bytes:
    return value.encode("utf-16-be", "surrogatepass")


def json_text(value: Any) -> str:
    """`JSON.stringify(value)`, good enough to compare two documents (key order counts, 1 and 1.0 agree)."""
    try:
        return json.dumps(_plain(value, 0), ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return ""


def _plain(value: Any, depth: int) -> Any:
    if depth > 100:
        raise ValueError("too deep")
    kind = value.__class__
    if kind is float:
        if math.isnan(value) or math.isinf(value):
            return None
        return int(value) if value == int(value) else value
    if kind is list:
        return [_plain(each, depth + 1) for each in value]
    if kind is dict:
        return {key: _plain(each, depth + 1) for key, each in value.items()}
    return value


def kind_of(value: Any) -> str:
    """The `$type` of a value."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(value.__class__, "unknown")


def padded_version(value: Any) -> str:
    """A version as text that sorts right: "v1.2.3" before "1.10.0", and "1.0.0-beta" before "1.0.0"."""
    if value.__class__ is int or value.__class__ is float:
        value = number_text(value)
    if value.__class__ is not str or not value:
        value = "0"
    parts = re.split(r"[-.]", _BUILD_OR_V.sub("", value))
    if len(parts) == 3:
        parts.append("~")
    return "-".join(part.rjust(5) if _DIGITS.fullmatch(part) else part for part in parts)


def folded(value: Any) -> Any:
    """Text in lower case, everything else as it is: for the operators that ignore case."""
    return value.lower() if value.__class__ is str else value
