"""Checks of one condition: it compiles, every fact exists, types fit, and missing facts were thought of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from waypost_server.definitions.findings import Source, Where
from waypost_server.domain import facts
from waypost_server.domain.conditions import (
    Compiled,
    ConditionError,
    GroupNode,
    LeafNode,
    Node,
    compile_condition,
)
from waypost_server.domain.fact_catalogue import KEYS
from waypost_server.domain.operators import GROUP_OPERATORS, PATTERNS

from .context import Context
from .never import check_never

_NEGATIVE = {
    "$ne",
    "$nin",
    "$nini",
    "$notInGroup",
    "$not",
    "$lt",
    "$lte",
    "$vlt",
    "$vlte",
    "$vne",
    "$notRegex",
    "$notRegexi",
}
_VALUES = {"=", "$eq", "$ne", "$in", "$nin", "$ini", "$nini"}
_NAMED = {
    "user.role": "role",
    "account.segment": "segment",
    "account.motion": "motion",
    "account.phase": "phase",
}


def check_condition(
    context: Context,
    condition: Mapping[str, Any],
    source: Source,
    where: Where,
    *,
    families: Collection[str] = facts.FAMILIES,
) -> Compiled | None:
    """Report what is wrong with a condition that may read `families`; the compiled condition if it compiles."""
    try:
        compiled = compile_condition(condition, context.groups)
    except ConditionError as error:
        context.report.error(source, (*where, *error.where), error.code, error.message, error.remedy)
        return None
    before = len(context.report.findings)
    for leaf in compiled.leaves():
        _check_leaf(context, leaf, source, (*where, *leaf.where), families)
    _check_missing(context, compiled, source, where)
    if not any(each.severity == "error" for each in context.report.findings[before:]):
        check_never(context, compiled.node, source, where)
    return compiled


def check_fact(context: Context, path: str, source: Source, where: Where) -> bool:
    """Report a name that is no fact. True if it is one."""
    kinds = KEYS.get(path.split(".", 1)[0], ())
    error = facts.check(path, context.definitions)
    if error is None:
        _check_spelling(context, path, source, where)
    if error is None or not all(context.defines(kind) for kind in kinds):
        return error is None
    context.report.error(source, where, error.code, error.message, error.remedy)
    return False


def _check_spelling(context: Context, path: str, source: Source, where: Where) -> None:
    """A trait may have any name, so a misspelt fact would be one: `user.emial`."""
    meant = facts.misspelt(path)
    if meant:
        message = f"{path} is read as a trait that your product reports"
        remedy = f"did you mean {meant}; if it is a trait, write {path.replace('.', '.traits.', 1)}"
        context.report.warning(source, where, "like_a_fact", message, remedy)


def _check_leaf(
    context: Context, leaf: LeafNode, source: Source, where: Where, families: Collection[str]
) -> None:
    if not check_fact(context, leaf.path, source, where):
        return
    family = leaf.path.split(".", 1)[0]
    if family not in families:
        message = f"{leaf.path!r} cannot be read here"
        context.report.error(source, where, "fact_scope", message, f"use facts of: {', '.join(families)}")
        return
    _check_values(context, leaf, source, where)


def _check_values(context: Context, leaf: LeafNode, source: Source, where: Where) -> None:
    if leaf.operator in GROUP_OPERATORS:
        return  # the members of a group are data, of any type
    values = leaf.wanted if isinstance(leaf.wanted, list) else [leaf.wanted]
    fact = facts.find(leaf.path)
    if fact is not None and fact.type != "any" and _wants_a_list(leaf):
        message = f"{leaf.path} is one {fact.type}, and is compared with a list"
        operator = "$nin" if leaf.operator == "$ne" else "$in"
        remedy = f"write {{{operator}: [one, two]}} for any of them"
        context.report.error(source, where, "wrong_type", message, remedy)
        return
    kind = _NAMED.get(leaf.path)
    for value in values:
        if kind and leaf.operator in _VALUES and isinstance(value, str) and context.known(kind):
            context.require(kind, value, source, where)
        elif fact is not None and _misfits(fact.type, leaf.operator, value):
            message = f"{leaf.path} is a {fact.type}, and is compared with {value!r}"
            remedy = _OPERATOR_REMEDY if isinstance(value, Mapping) else _TYPE_REMEDY[fact.type]
            context.report.error(source, where, "wrong_type", message, remedy)


def _wants_a_list(leaf: LeafNode) -> bool:
    return leaf.operator in ("=", "$eq", "$ne") and isinstance(leaf.wanted, list)


_OPERATOR_REMEDY = "a comparison begins with $, such as {$gte: 3}"
_TYPE_REMEDY = {
    "number": "write a number, without quotes",
    "boolean": "write true or false",
    "text": "write a text",
}


def _misfits(fact_type: str, operator: str, value: Any) -> bool:
    if (
        operator.startswith("$v")
        or operator in PATTERNS
        or operator
        in (
            "$exists",
            "$type",
            "$not",
            "$size",
            "$elemMatch",
            "$all",
            "$alli",
        )
    ):
        return False
    if value is None or fact_type == "any":
        return False
    if fact_type == "boolean":
        return value.__class__ is not bool
    if fact_type == "number":
        return value.__class__ not in (int, float)
    return value.__class__ is not str


def _check_missing(context: Context, compiled: Compiled, source: Source, where: Where) -> None:
    sure = positive_paths(compiled)
    for leaf, negated in _with_sign(compiled.node, False):
        fact = facts.find(leaf.path)
        if fact is None or fact.always or leaf.path in sure or not _holds_when_missing(leaf, negated):
            continue
        message = f"{leaf.path} may be missing, and this holds for those who have none"
        remedy = f"add `{leaf.path}: {{$exists: true}}` if they are not meant"
        context.report.warning(source, (*where, *leaf.where), "missing_matches", message, remedy)


def _holds_when_missing(leaf: LeafNode, negated: bool) -> bool:
    if leaf.operator in ("$exists", "$eq") or leaf.wanted is None:  # somebody who writes these thought of it
        return False
    return leaf.holds(None) is not negated and (negated or leaf.operator in _NEGATIVE or leaf.wanted == 0)


def positive_paths(compiled: Compiled) -> frozenset[str]:
    """Facts that are certainly there whenever the condition holds."""
    node = compiled.node
    top = node.children if isinstance(node, GroupNode) and node.operator == "$and" else (node,)
    leaves = (leaf for leaf in top if isinstance(leaf, LeafNode))
    return frozenset(leaf.path for leaf in leaves if not leaf.holds(None))


def _with_sign(node: Node, negated: bool) -> list[tuple[LeafNode, bool]]:
    if isinstance(node, LeafNode):
        return [(node, negated)]
    flips = node.operator in ("$not", "$nor")
    return [pair for child in node.children for pair in _with_sign(child, negated is not flips)]


__all__ = ["check_condition", "check_fact", "positive_paths"]
