"""The OpenAPI document is complete, and every answer keeps to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
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
from waypost_server.api import error_codes

DOCUMENTED_ELSEWHERE = {  # short forms and helpers for SDKs, told of in docs/ingest.md
    "/v1/b", "/v1/t", "/v1/i", "/v1/g", "/v1/p", "/v1/s", "/v1/a",
    "/v1/definitions/schema.json",  # a document like this one: no key, no scope, no errors
}  # fmt: skip
NOT_OVER_THE_API = {  # raised only for the console, the command line, or a person's own settings
    "bad_kind", "bad_scope", "bad_mode", "unknown_timezone", "unknown_workspace", "bad_days", "not_utf8",
    "account_state", "bad_password",
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


def routes_in(cell: str) -> Iterator[tuple[str, str]]:
    """(method, address) of "`GET`, `PUT /a`, `/b`": an address without methods of its own has those before it."""
    given: list[str] = []
    methods: list[str] = []
    for span in re.findall(r"`([^`]+)`", cell):
        given += [word.lower() for word in span.split() if word.isupper()]
        for address in re.findall(r"/\S+", span):
            methods, given = given or methods, []
            yield from ((method, address) for method in methods)


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


def test_the_page_about_the_api_names_every_route_and_every_code(document: dict[str, Any]) -> None:
    """docs/api.md lists each address with each of its methods, and the codes of errors as the document has them."""
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    told = {route for cell in re.findall(r"^\| (`.*?) \|", page, re.M) for route in routes_in(cell)}
    ours = {(method, path) for method, path, _ in operations(document)}
    assert ours - told == set()
    assert error_codes.markdown_table() in page


def test_every_code_that_is_raised_is_told() -> None:
    """Whatever code a route or a use case gives an error, the document explains it."""
    server = Path(error_codes.__file__).parents[1]
    files = [*server.glob("api/*.py"), *server.glob("services/*.py")]
    raised = {code for file in files for code in re.findall(r'code="(\w+)"', file.read_text())}
    told = {code for codes in error_codes.MEANINGS.values() for code in codes}
    assert raised - told - NOT_OVER_THE_API == set()


def test_every_error_has_an_example(document: dict[str, Any]) -> None:
    """Each answer that is no success lists its codes, with a problem as it would come for each."""
    for _, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                found = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                examples = found["content"]["application/problem+json"]["examples"]
                assert examples and all(code in found["description"] for code in examples), (path, status)


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
