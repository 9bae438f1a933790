"""The OpenAPI document is complete, and every answer keeps to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import Verbosity as _Verbosity
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.api.read_rig import ReadRig

DOCUMENTED_ELSEWHERE = {  # short forms and helpers for SDKs, told of in docs/ingest.md
    "/v1/b", "/v1/t", "/v1/i", "/v1/g", "/v1/p", "/v1/s", "/v1/a",
    "/v1/definitions/schema.json",  # a document like this one: no key, no scope, no errors
}  # fmt: skip
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture
def document(world: ReadRig) -> dict[str, Any]:
    """The document as it is served."""
    found: dict[str, Any] = world.client.get("/v1/openapi.json").get_json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of a document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def addresses(rule: str) -> list[str]:
    """The addresses of a route; one that lists its names has as many."""
    names = re.search(r"<any\((.*)\):\w+>", rule)
    if names:
        return [rule.replace(names.group(0), name.strip()) for name in names.group(1).split(",")]
    return [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)]


def test_document_is_valid_and_complete(world: ReadRig, document: dict[str, Any]) -> None:
    """Version 3.1, unique names, every reference resolves, and every JSON route under /v1 is in it."""
    assert document["openapi"] == "3.1.0"
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for reference in re.findall(r'"#/([^"]+)"', json.dumps(document)):
        found: Any = document
        for key in reference.split("/"):
            found = found[key]
    routes = {address for rule in world.app.url_map.iter_rules() for address in addresses(rule.rule)}
    ours = {
        route
        for route in routes
        if route.startswith("/v1/") and not route.startswith(("/v1/docs", "/v1/openapi", "/v1/projects"))
    }
    undocumented = ours - set(document["paths"]) - DOCUMENTED_ELSEWHERE
    assert undocumented == set()


def test_documented_routes_exist(world: ReadRig, document: dict[str, Any]) -> None:
    """Nothing is promised that is not there: no documented operation answers 404 for its address or 405."""
    for method, path, _ in operations(document):
        address = re.sub(r"{(?:number|first|second)}", "1", path)
        address = re.sub(r"{\w+}", "x", address)
        answer = world.client.open(address, method=method.upper(), json={} if method == "post" else None)
        assert answer.status_code in (400, 401), (path, answer.get_data(as_text=True))


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    """Each operation has a summary, a tag that is explained, a scope and its errors."""
    tags = {tag["name"] for tag in document["tags"]}
    for _, path, operation in operations(document):
        assert operation["summary"] and operation["x-scope"], path
        assert set(operation["tags"]) <= tags, path
        assert {"401", "403"} <= set(operation["responses"]), path


@schemathesis.serializer("message/rfc822")
def as_message(_context: Any, value: Any) -> bytes:
    """What a mail server passes on is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.mark.slow
def test_schemathesis(world: ReadRig) -> None:
    """Generated requests, good and bad, of every operation: never a 5xx, and every answer as documented."""
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", world.app)
    schema.config.generation.update(codec="utf-8")
    examples = 10 if world.database.is_sqlite else 3
    seen = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=_Verbosity.quiet,
        )
        @_given(operation)
        def attempt(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {world.secret.text}"}, checks=CHECKS)

        attempt()
        seen += 1
    assert seen > 25


def _given(operation: Any) -> Any:
    from hypothesis import given

    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    strategies = [operation.as_strategy(generation_mode=mode) for mode in modes]
    return given(case=strategies[0] | strategies[1])
