"""workshops/<key>.yaml → a `Workshop`."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import validates_schema

from waypost_server.domain.workshop import Host, Workshop, WorkshopWords

from .build_nudge import build_goal
from .fields import Key, Number, Text, refuse
from .findings import Report, Source
from .nested import MapOf, One, Schema, validate
from .nudge_schemas import GoalSchema


class HostSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "name": "add `name: Robin Keller`",
        "email": "add `email: robin@acme.example`",
    }
    name = Text(required=True, most=100)
    email = Text(required=True, most=320)

    @validates_schema
    def _an_address(self, data: Any, **_: Any) -> None:
        local, _, domain = data.get("email", "").partition("@")
        if (
            not local
            or "." not in domain
            or any(each.isspace() or each in '<>,;:"' for each in data["email"])
        ):
            raise refuse("bad_address", "the host has no e-mail address", "write `email: robin@acme.example`")


class WorkshopWordsSchema(Schema):
    title = Text(required=True, most=150)
    description = Text(most=4000)


class WorkshopSchema(Schema):
    """What a workshop is; when it takes place is said in the console, the API or the command line."""

    examples: ClassVar[dict[str, str]] = {
        "minutes": "add `minutes: 45`",
        "content": "add `content: {en: {title: …, description: …}}`",
    }
    key = Key(required=True)
    title = Text(required=True)
    goal = One(GoalSchema)
    host = One(HostSchema)
    place = Text(most=500)
    minutes = Number(whole=True, least=5, most=600, required=True)
    capacity = Number(whole=True, least=1, most=100_000)
    content = MapOf(One(WorkshopWordsSchema), keys=Text(most=20), required=True)


def build_workshop(source: Source, report: Report) -> Workshop | None:
    """One file."""
    data = validate(WorkshopSchema, source.data or {}, source, report)
    if data is None:
        return None
    return Workshop(
        key=data["key"],
        title=data["title"],
        minutes=int(data["minutes"]),
        content={
            language: WorkshopWords(one["title"], one.get("description", ""))
            for language, one in data["content"].items()
        },
        goal=build_goal(data),
        host=Host(**data["host"]) if "host" in data else Host(),
        place=data.get("place", ""),
        capacity=data.get("capacity"),
        source=source.at(("key",)),
    )
