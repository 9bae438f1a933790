"""What the routes of the read API share: camelCase schemas, strict fields, pages, and one form of error."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, NoReturn

from flask import Response, abort, g, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser

from waypost_server.api import cursor
from waypost_server.api.auth import Caller, authenticate
from waypost_server.api.errors import problem
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.normalise import is_storable

PAGE, PAGE_LIMIT = 50, 200
ID_LIMIT = 512


class Camel(Schema):
    """snake_case here, camelCase on the wire; unknown input is an error."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            head, *rest = field_name.split("_")
            field_obj.data_key = head + "".join(part.capitalize() for part in rest)


class Time(fields.DateTime):
    """A moment in UTC, written with Z."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        found: datetime = super()._deserialize(value, attr, data, **kwargs)
        if found.tzinfo is None:
            raise ValidationError("Write the time with a zone, for example 2026-11-23T10:00:00Z.")
        try:
            return found.astimezone(UTC)
        except OverflowError as error:  # the first hours of the year 1 east of Greenwich
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error


class Id(fields.String):
    """An id of the customer's or ours: NFC text of 1 to 512 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Length(1, ID_LIMIT), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_storable(text):
            raise ValidationError("An id may not hold control characters.")
        return unicodedata.normalize("NFC", text)


class Words(fields.String):
    """Text a person wrote; stored as it is, so it must be storable."""

    def __init__(self, limit: int, *, least: int = 0, **options: Any) -> None:
        super().__init__(validate=validate.Length(least, limit), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_storable(text):
            raise ValidationError("This text holds characters that cannot be stored.")
        return text


class Whole(fields.Integer):
    """A whole number in a query string."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class PageQuery(Camel):
    """What every list takes."""

    limit = Whole(
        load_default=PAGE,
        validate=validate.Range(1, PAGE_LIMIT),
        metadata={"description": "How many at most, up to 200."},
    )
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(1, cursor.LIMIT),
        metadata={"description": "`next` of the page before."},
    )


class DayQuery(PageQuery):
    """A list over days; 28 days up to today without dates."""

    start = fields.Date(data_key="from", load_default=None, metadata={"description": "First day, included."})
    end = fields.Date(data_key="to", load_default=None, metadata={"description": "Last day, included."})


class Parser(FlaskParser):
    """Validation errors as problem+json: 400 with one entry a field."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": None}  # noqa: RUF012 - as the base declares it; as the schema says: an error

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        every = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow says no type
        found = [each for place, messages in every.items() for each in _flat(place, messages)]
        first = found[0] if found else {"pointer": "", "message": "is not valid"}
        message = f"{first['pointer'] or 'The request'}: {first['message']}"
        abort(problem(400, "invalid", message, errors=found))

    def _handle_invalid_json_error(self, error: Any, req: Any, *_: Any, **__: Any) -> NoReturn:
        abort(problem(400, "bad_json", "The body is not valid JSON."))

    def load_json(self, req: Any, schema: Any) -> Any:
        if not req.is_json and req.get_data(cache=True):
            abort(problem(415, "unsupported_media_type", "Send the body as application/json."))
        try:
            return super().load_json(req, schema)
        except RecursionError:
            abort(problem(400, "too_deep", "The body nests deeper than it can be read."))
        except ValueError:  # a number of thousands of digits
            abort(problem(400, "bad_json", "The body holds a number that is too long."))


class Resource(Blueprint):
    """A blueprint whose routes need a secret key: scope read to look, manage to change."""

    ARGUMENTS_PARSER = Parser()


def resource(name: str, description: str, *, largest: int | None = None) -> Resource:
    """A blueprint under /v1; `largest` is the size of its requests in bytes where that is not the server's limit."""
    blueprint = Resource(name, __name__, url_prefix="/v1", description=description)
    blueprint.before_request(_authenticate)
    blueprint.after_request(_private)
    if largest is not None:
        blueprint.before_request(lambda: setattr(request, "max_content_length", largest))
    return blueprint


def caller() -> Caller:
    """Who sent this request; authenticated before the route ran."""
    found: Caller = g.waypost_caller
    return found


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of one page of a list."""
    name = item.__name__
    made: type[Schema] = Camel.from_dict(
        {
            "data": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "Pass it as `cursor` for the next page; null at the end."},
            ),
        },
        name=f"{name}Page",
    )
    return made


def path_id(text: str) -> str:
    """An id out of the path, as it is stored. What cannot be stored does not exist: NotFoundError."""
    if not is_storable(text) or len(text) > ID_LIMIT:
        raise NotFoundError("There is nothing with this id in this workspace.")
    return unicodedata.normalize("NFC", text)


def found(thing: Any) -> Any:
    """The thing, or NotFoundError: the same for a missing id and for another workspace's."""
    if thing is None:
        raise NotFoundError("There is nothing with this id in this workspace.")
    return thing


def _authenticate() -> None:
    if request.method != "OPTIONS":
        g.waypost_caller = authenticate("read" if request.method in ("GET", "HEAD") else "manage")


def _private(response: Response) -> Response:
    """What a key reads is kept nowhere on the way, and is never taken for a page."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _flat(place: str, messages: Any, pointer: str = "") -> list[dict[str, str]]:
    """Marshmallow's nested messages as a flat list of pointers."""
    if isinstance(messages, dict):
        return [
            each
            for key, inner in messages.items()
            for each in _flat(place, inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
        ]
    every = messages if isinstance(messages, list) else [messages]
    where = "body" if place == "json" else place
    pointer = "" if pointer == "/_schema" else pointer
    return [
        {"pointer": pointer, "in": where, "code": "invalid", "message": str(message)} for message in every
    ]
