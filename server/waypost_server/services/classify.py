"""The segment and motion of an account, by the catalogue's conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waypost_server.domain.adoption import FACTS
from waypost_server.domain.conditions import Compiled, compile_condition
from waypost_server.domain.definitions import Catalog, Definitions

# Facts of an account that its traits do not tell; a condition on one waits for the next evaluation.
_NO_TRAITS = frozenset(("users", "phase", "days_since_first_seen", "renewal_in_days", "owner", *FACTS))
KEPT = 64  # catalogues; one a workspace and release

_Rules = tuple[tuple[str, Compiled], ...]
_compiled: dict[int, tuple[Catalog, tuple[_Rules, _Rules]]] = {}


def classify(definitions: Definitions, facts: Mapping[str, Any]) -> tuple[str | None, str]:
    """(segment, motion) of the account described by `facts` ({"account": {...}, ...}).

    The first segment whose condition holds, or None; then, with `account.segment` known, the first motion
    rule that holds, or the default motion.
    """
    rules = _rules(definitions)
    segment = next((key for key, condition in rules[0] if condition.test(facts)), None)
    known = {**facts, "account": {**facts.get("account", {}), "segment": segment}}
    motion = next((key for key, condition in rules[1] if condition.test(known)), None)
    return segment, motion or definitions.catalog.default_motion


def needs_only_traits(definitions: Definitions) -> bool:
    """True if every segment and motion rule reads nothing but the account's own traits."""
    return all(is_trait(path) for path in paths_read(definitions))


def paths_read(definitions: Definitions) -> frozenset[str]:
    """The facts that the catalogue's segment and motion rules read."""
    segments, motions = _rules(definitions)
    return frozenset[str]().union(*(rule.paths for _, rule in (*segments, *motions)))


def account_facts(account_id: str, name: str, traits: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that `classify` needs when `needs_only_traits`."""
    return {"account": {**traits, "traits": dict(traits), "id": account_id, "name": name}}


def is_trait(path: str) -> bool:
    """Whether only the product changes a fact, and neither time nor use does."""
    family, _, rest = path.partition(".")
    return family == "account" and rest.partition(".")[0] not in _NO_TRAITS


def _rules(definitions: Definitions) -> tuple[_Rules, _Rules]:
    """Compiled once per catalogue; kept by identity, since a catalogue is frozen but not hashable."""
    catalog = definitions.catalog
    cached = _compiled.get(id(catalog))
    if cached is not None and cached[0] is catalog:
        return cached[1]
    rules = (
        tuple((each.key, compile_condition(each.when)) for each in catalog.segments),
        tuple((each.key, compile_condition(each.when)) for each in catalog.motions),
    )
    if len(_compiled) >= KEPT:
        _compiled.clear()
    _compiled[id(catalog)] = (catalog, rules)
    return rules
