"""Checks of adoption.yaml: known names, behaviours rather than logins, depth rather than breadth."""

from __future__ import annotations

from waypost_server.definitions.findings import Source, Where
from waypost_server.domain.adoption import DEFAULT, AdoptionDefinition, Behaviour

from .context import Context
from .goals import REMEDY, is_login


def run(context: Context) -> None:
    """Every definition by itself; then whether every account has one."""
    segments = context.definitions.adoption.segments
    if not segments:
        return
    source = context.file("adoption.yaml")
    for key, definition in segments.items():
        where: Where = ("segments", key)
        if key != DEFAULT:
            context.require("segment", key, source, where)
        _behaviours(context, definition, source, where)
        _depth(context, definition, source, where)
    missing = [key for key in context.known("segment") if key not in segments]
    if DEFAULT not in segments:
        named = ", ".join(missing) or "accounts of no segment"
        message = f"nothing says what adopted means for {named}"
        context.report.warning(source, ("segments",), "no_definition", message, "add `default:`")


def _behaviours(context: Context, definition: AdoptionDefinition, source: Source, where: Where) -> None:
    seen: set[str] = set()
    for index, behaviour in enumerate(definition.behaviours):
        at = (*where, "behaviours", index)
        if behaviour.key in seen:
            message = f"two behaviours have the key {behaviour.key!r}"
            context.report.error(source, at, "duplicate_key", message, "give one of them another `key:`")
        seen.add(behaviour.key)
        _names(context, behaviour, source, at)


def _names(context: Context, behaviour: Behaviour, source: Source, at: Where) -> None:
    features = {each.key: each for each in context.definitions.catalog.features}
    known = context.require("feature", behaviour.feature, source, (*at, "feature"))
    if known and is_login(features[behaviour.feature]):
        message = f"coming in is not adoption: {behaviour.feature!r} is a login"
        context.report.error(source, (*at, "feature"), "login_adoption", message, REMEDY)
    for role in behaviour.roles or ():
        context.require("role", role, source, (*at, "role"))


def _depth(context: Context, definition: AdoptionDefinition, source: Source, where: Where) -> None:
    total = sum(each.weight for each in definition.behaviours)
    once = sum(each.weight for each in definition.behaviours if not each.is_deep)
    if once > total / 2:
        message = f"{once / total:.0%} of the weight is for using something once"
        remedy = "ask for repeated use: weeks_active, a count, or share_of_users"
        context.report.warning(source, where, "breadth", message, remedy)
