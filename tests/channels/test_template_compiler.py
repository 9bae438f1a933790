"""Templates are said by functions of our own, and they say what Jinja would."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from waypost_server.channels.template_compiler import Missing
from waypost_server.channels.template_filters import FILTERS, TESTS, written
from waypost_server.channels.templating import parse_template, render
from waypost_server.domain.errors import TemplateError

FACTS: dict[str, Any] = {
    "user": {"name": "Ada *L*", "age": 41, "none": None, "empty": "", "tags": ["a", 2, None], "no": False},
    "account": {
        "share": 0.5,
        "users": 1,
        "day": "2026-12-01",
        "rows": [{"name": "x"}, {"other": 1}, 3],
        "of": {},
    },
    "tag": "a fact that a loop hides",
}


class Absent(Missing):
    """In Jinja's own hands what is missing also has nothing below it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


JINJA = ImmutableSandboxedEnvironment(
    undefined=Absent, finalize=written, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
)
JINJA.globals, JINJA.filters, JINJA.tests = {}, dict(FILTERS), dict(TESTS)

PATHS = (
    "user.name", "user.age", "user.none", "user.empty", "user.tags", "user.no", 'user["name"]', "user", "nobody.at.all",
    "account.share", "account.users", "account.day", "account.rows", "account.of", "account.of.nothing", "tag",
)  # fmt: skip
CONSTANTS = ('"x"', '""', "1", "0.5", "41", "true", "false", "none", '"2026-12-01"')
FILTERED = (
    *FILTERS,
    'default("there")',
    "default(user.age)",
    "round(1)",
    'pluralize("day", "days")',
    'join("-")',
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("({} < {} <= {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds(
            "({} is {})".format, inner, st.sampled_from(["defined", "not defined", "none", "not none"])
        ),
        st.builds("({} | {})".format, inner, st.sampled_from(FILTERED)),
    )


EXPRESSIONS = st.recursive(st.sampled_from(PATHS + CONSTANTS), _larger, max_leaves=4)
TEXTS = st.sampled_from(
    ["Hi ", "\n", "  ", "50 %\n", "a\r\nb", "{# no #}", "{% raw %}{{ x }}{% endraw %}", "**"]
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.sampled_from(["user.tags", "account.rows", "user.name", "user.none", "nobody.x", "account.of"])
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% endif %}}\n".format, EXPRESSIONS, inner),
        st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format,
                  EXPRESSIONS, inner, EXPRESSIONS, inner, inner),
        st.builds("{{% for tag in {} %}}{}{{% else %}}{}{{% endfor %}}".format, lists, inner, inner),
    )  # fmt: skip


SOURCES = st.recursive(st.one_of(TEXTS, st.builds("{{{{ {} }}}}".format, EXPRESSIONS)), _blocks, max_leaves=5)


def _by_jinja(source: str) -> str | None:
    try:
        return JINJA.from_string(source).render(FACTS)
    except Exception:  # noqa: BLE001 - whatever fails there must fail here
        return None


@settings(max_examples=300)
@given(SOURCES)
def test_a_template_says_what_jinja_would(source: str) -> None:
    """The same text for the same facts; and where Jinja fails, an error that names the template's fault."""
    expected = _by_jinja(source)
    try:
        said = render(parse_template(source), FACTS)
    except TemplateError as error:
        too_much = "nested too deep" in error.message or "loops inside" in error.message
        assert expected is None or too_much, (expected, error.message)
    else:
        assert said == expected
