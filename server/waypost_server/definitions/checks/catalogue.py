"""Checks of catalog.yaml."""

from __future__ import annotations

from waypost_server.definitions.findings import Source, Where
from waypost_server.definitions.nested import nearest
from waypost_server.domain.adoption import FACTS
from waypost_server.domain.workshop import AS_EVENTS

from .context import Context
from .rules import check_condition

# What is decided after the segment: a definition of adoption is chosen by it.
_LED_TO = {"account.segment", "account.motion", "account.phase", *(f"account.{name}" for name in FACTS)}


def run(context: Context) -> None:
    """Events map to one feature; groups hold; segments and motions are decided from the account alone."""
    _features(context)
    source = context.file("catalog.yaml")
    for group in context.definitions.catalog.groups:
        if group.key in context.known("segment"):
            message = f"{group.key!r} is the key of a segment already"
            context.report.error(
                source, ("groups", group.key), "duplicate_key", message, "choose another key"
            )
        elif group.when is not None:
            check_condition(context, group.when, source, ("groups", group.key, "when"))
    for segment in context.definitions.catalog.segments:
        where = ("segments", segment.key, "when")
        compiled = check_condition(context, segment.when, source, where, families=("account",))
        if compiled and compiled.paths & _LED_TO:
            message = "a segment cannot depend on the segment, motion, phase or adoption it leads to"
            context.report.error(source, where, "circular", message, "use traits of the account")
    for motion in context.definitions.catalog.motions:
        where = ("motions", motion.key, "when")
        compiled = check_condition(context, motion.when, source, where, families=("account",))
        if compiled and compiled.paths & {"account.motion", "account.phase"}:
            message = "a motion cannot depend on the motion or phase it leads to"
            context.report.error(
                source, where, "circular", message, "use traits of the account, or its segment"
            )


def _features(context: Context) -> None:
    source = context.file("catalog.yaml")
    seen: dict[tuple[str, str], str] = {}
    for feature in context.definitions.catalog.features:
        where = ("features", feature.key)
        names = [("event", name) for name in feature.events] + [("page", name) for name in feature.pages]
        if not names:
            message = f"nothing counts as use of {feature.key!r}"
            context.report.warning(
                source, where, "no_events", message, "add `events:` with the names the product sends"
            )
        for name in feature.events:
            _workshop(context, name, source, (*where, "events"))
        for kind, name in names:
            other = seen.setdefault((kind, name), feature.key)
            if other != feature.key:
                message = f"the {kind} {name!r} already counts for {other!r}"
                context.report.error(
                    source, (*where, f"{kind}s"), "duplicate_event", message, "remove one of the two"
                )


def _workshop(context: Context, name: str, source: Source, where: Where) -> None:
    """An event of one workshop, `workshop_attended/<workshop>`, is Waypost's own: any other name is never counted."""
    event, divided, key = name.partition("/")
    known = context.known("workshop")
    if not divided or not event.startswith("workshop_") or not context.defines("workshop"):
        return
    kinds = [f"workshop_{each}" for each in AS_EVENTS]
    if event not in kinds:
        message = f"Waypost tells no {event!r} of a workshop, so {name!r} counts nothing"
        context.report.warning(source, where, "unknown_workshop_event", message, nearest(event, kinds))
    elif key not in known:
        message = f"there is no workshop {key!r}, so {name!r} counts nothing"
        context.report.warning(source, where, "unknown_workshop", message, nearest(key, known))
