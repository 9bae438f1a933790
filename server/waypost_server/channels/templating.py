"""Authors' templates: a small, allow-listed part of Jinja over facts.

Authors' and customers' text is hostile. A template is parsed, every node of its tree is compared with a list
of what is allowed (output, facts, `if`, `for`, a dozen filters, comparisons), and only then compiled, in
Jinja's sandbox with every global, filter and test removed that is not on the list. No calls, no arithmetic,
no assignment, no attributes that start with an underscore: nothing a template says can grow without bound.

A line that starts with `? ` is said only when every fact in it is known: `? {{ peers.report_view.active_share }} % of
companies like yours read reports.` Without the fact, or with too few peers, the whole line is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError
from jinja2 import nodes as tree
from jinja2.sandbox import ImmutableSandboxedEnvironment

from waypost_server.channels.template_filters import FILTERS, TESTS, NoValueError, written
from waypost_server.domain.errors import TemplateError

MAX_SOURCE = 20_000  # characters
MAX_OUTPUT = 65_536  # characters
MAX_NESTING = 12
MAX_NODES = 2_000
MAX_LOOPS = 2  # loops inside each other
MAX_ITEMS = 50  # of a list a loop walks

OPTIONAL = "? "  # starts a line that is left out when a fact in it is missing
LEFT_OUT = "\x00"  # no author's file and no stored value holds one
BEGIN, END = "\x01", "\x02"  # around each value of a mail: see mail_layout.py

Markup = Literal["text", "markdown", "mail"]
_ALLOWED = (
    tree.Output, tree.TemplateData, tree.Name, tree.Getattr, tree.Getitem, tree.Const, tree.If, tree.For,
    tree.Filter, tree.Test, tree.Compare, tree.Operand, tree.And, tree.Or, tree.Not,
)  # fmt: skip
_WORDS: Mapping[type[tree.Node], str] = {
    tree.Call: "calls", tree.Assign: "{% set %}", tree.AssignBlock: "{% set %}", tree.Macro: "{% macro %}",
    tree.Include: "{% include %}", tree.Import: "{% import %}", tree.FromImport: "{% from %}",
    tree.Extends: "{% extends %}", tree.Block: "{% block %}", tree.Scope: "{% autoescape %}",
    tree.FilterBlock: "{% filter %}", tree.CondExpr: "`a if b else c`", tree.With: "{% with %}",
}  # fmt: skip
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:\"'=$^%@/?,;])")
_SPACES = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")


class Missing(StrictUndefined):
    """A fact that is not there, nor anything below it. It cannot be shown or compared, but `default`, `if` and
    `is defined` may look at it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _key: Any) -> Any:
        return self

    def __bool__(self) -> bool:  # type: ignore[override]  # Jinja's own always raises
        return False


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked template. `paths` are the facts it reads, dotted."""

    paths: frozenset[str]
    template: Template
    lines: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # of lines that may be left out: their facts


def is_plain(source: str) -> bool:
    """Whether a template is text without a tag: it reads nothing and says itself, so it cannot fail."""
    return "{" not in source and not _optional(source) and len(source) <= MAX_SOURCE


def parse_template(source: str, *, markup: Markup = "text") -> Compiled:
    """Check and compile a template. With `markup="markdown"` every value is escaped, so that a customer's
    name cannot make a link; with "mail" it stands between BEGIN and END as well. Raises TemplateError with
    `detail={"line", "remedy"}`."""
    if len(source) > MAX_SOURCE:
        raise _refused(f"the template has more than {MAX_SOURCE:,} characters", 1, "shorten it")
    environment = _ENVIRONMENTS[markup]
    try:
        marked, lines = _optional_lines(environment, source)
        parsed = environment.parse(marked)
        paths = _Reader(frozenset(lines)).read(parsed)
        return Compiled(frozenset(paths), environment.from_string(parsed), lines)
    except TemplateSyntaxError as error:
        raise _refused(
            f"the template does not parse: {error.message}", error.lineno, _hint(str(error))
        ) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, AssertionError) as error:
        # Deep nesting fails inside Python's own compiler, with errors that are no TemplateError.
        raise _refused(
            f"the template is nested too deep ({type(error).__name__})", 1, "simplify it"
        ) from None


def _optional_lines(
    environment: ImmutableSandboxedEnvironment, source: str
) -> tuple[str, dict[str, frozenset[str]]]:
    """The source with each `? ` line inside an `if`, on the same line as before; and the facts of each."""
    if not _optional(source):
        return source, {}
    lines: dict[str, frozenset[str]] = {}
    written = source.split("\n")
    for number, line in enumerate(written, 1):
        if line.startswith(OPTIONAL):
            name, said = f"_line_{number}", line.removeprefix(OPTIONAL)
            try:
                lines[name] = frozenset(_Reader().read(environment.parse(said)))
            except TemplateSyntaxError as error:
                raise TemplateSyntaxError(error.message or "", number) from None
            except TemplateError as error:
                error.detail["line"] = number
                raise
            written[number - 1] = f"{{% if {name} %}}{said}{{% else %}}{LEFT_OUT}{{% endif +%}}"
    return "\n".join(written), lines


def _optional(source: str) -> bool:
    """Whether a line of it may be left out."""
    return source.startswith(OPTIONAL) or f"\n{OPTIONAL}" in source


def render(compiled: Compiled, facts: Mapping[str, Any]) -> str:
    """The text for these facts. Raises TemplateError if a value is missing or the text grows too long."""
    parts: list[str] = []
    size = 0
    try:
        known = {name: _all_known(facts, paths) for name, paths in compiled.lines.items()}
        for part in compiled.template.generate({**_plain(facts), **known}):
            size += len(part)
            if size > MAX_OUTPUT:
                raise _refused(f"the text is longer than {MAX_OUTPUT:,} characters", 1, "shorten it")
            parts.append(part)
    except TemplateError:
        raise
    except (UndefinedError, NoValueError) as error:
        raise _missing(compiled, facts, error) from None
    except Exception as error:  # noqa: BLE001 - the boundary to authors' text: whatever fails, it is their template
        raise _refused(f"the template failed: {type(error).__name__}", 1, "simplify it") from None
    return _without_left_out("".join(parts)) if compiled.lines else "".join(parts)


def left_out(compiled: Compiled, source: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The `? ` lines that are left out for these facts, without the mark. `compiled` was made of `source`."""
    written = source.split("\n")
    gone = (
        int(name.rpartition("_")[2]) for name, paths in compiled.lines.items() if not _all_known(facts, paths)
    )
    return tuple(written[number - 1].removeprefix(OPTIONAL) for number in sorted(gone))


def _all_known(facts: Mapping[str, Any], paths: frozenset[str]) -> bool:
    return all(_walk(facts, path) is not None for path in paths)


def _without_left_out(text: str) -> str:
    """Lines that were left out go with their line ends; what they leave behind is one empty line at most."""
    text = text.replace(f"{LEFT_OUT}\n", "").replace(LEFT_OUT, "")
    return _EMPTY_LINES.sub("\n\n", text)


def _missing(compiled: Compiled, facts: Mapping[str, Any], error: Exception) -> TemplateError:
    """Names the facts without a value: more use to an author than Jinja's words for it."""
    absent = [path for path in sorted(compiled.paths) if _walk(facts, path) is None]
    said = ", ".join(absent) if absent else str(error)
    remedy = "give it a default: {{ name | default('…') }}"
    missing = _refused(f"a value is missing: {said}", 1, remedy)
    missing.detail["missing"] = absent
    return missing


def _walk(facts: Any, path: str) -> Any:
    for part in path.split("."):
        facts = facts.get(part) if isinstance(facts, Mapping) else None
    return facts


def _refused(message: str, line: int | None, remedy: str) -> TemplateError:
    return TemplateError(message, detail={"line": line or 1, "remedy": remedy})


def _hint(said: str) -> str:
    if "filter" in said:
        return f"filters: {', '.join(sorted(FILTERS))}"
    return "check that every {{ and {% is closed"


def _plain(value: Any, depth: int = 0) -> Any:
    """Facts as plain data: nothing with methods of its own reaches a template."""
    if value is None or value.__class__ in (str, bool, int, float):
        return value
    if depth > 8:
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value]
    return str(value)


class _Reader:
    """Walks the tree once: refuses what is not allowed, collects the facts that are read."""

    def __init__(self, lines: frozenset[str] = frozenset()) -> None:
        self.lines = lines  # names that stand for "this line is said"
        self.count = 0
        self.paths: set[str] = set()

    def read(self, template: tree.Template) -> set[str]:
        for child in template.body:
            self._node(child, frozenset(), 0, 0)
        return self.paths

    def _node(self, node: tree.Node, loop_names: frozenset[str], loops: int, depth: int) -> None:
        self.count += 1
        if depth > MAX_NESTING or self.count > MAX_NODES:
            raise _refused("the template is nested too deep or too long", node.lineno, "simplify it")
        if not isinstance(node, _ALLOWED):
            other = "arithmetic" if isinstance(node, tree.BinExpr | tree.UnaryExpr) else "this expression"
            word = _WORDS.get(type(node), other)
            raise _refused(
                f"{word} cannot be used in a template", node.lineno, "use facts, if, for and filters"
            )
        if isinstance(node, tree.Name) and node.name in self.lines:
            return
        if isinstance(node, tree.Name | tree.Getattr | tree.Getitem):
            self._fact(node, loop_names)
            return
        if isinstance(node, tree.Filter) and (node.name not in FILTERS or node.node is None or node.kwargs):
            remedy = f"filters: {', '.join(sorted(FILTERS))}"
            raise _refused(f"the filter {node.name!r} cannot be used in a template", node.lineno, remedy)
        if isinstance(node, tree.Filter) and (node.dyn_args or node.dyn_kwargs):
            raise _refused("* and ** cannot be used in a template", node.lineno, "write the values out")
        if isinstance(node, tree.Test) and node.name not in TESTS:
            raise _refused(
                f"`is {node.name}` cannot be used in a template", node.lineno, "use: is defined, is none"
            )
        if isinstance(node, tree.For):
            self._loop(node, loop_names, loops, depth)
            return
        for child in node.iter_child_nodes():
            self._node(child, loop_names, loops, depth + 1)

    def _loop(self, node: tree.For, loop_names: frozenset[str], loops: int, depth: int) -> None:
        simple = isinstance(node.target, tree.Name) and isinstance(
            node.iter, tree.Name | tree.Getattr | tree.Getitem
        )
        if node.recursive or node.test or not simple:
            raise _refused(
                "a loop is `{% for item in a.fact %}`", node.lineno, "loop over one fact that is a list"
            )
        if loops >= MAX_LOOPS:
            raise _refused(f"more than {MAX_LOOPS} loops inside each other", node.lineno, "use fewer")
        self._node(node.iter, loop_names, loops, depth + 1)
        node.iter = tree.Filter(node.iter, "_first_items", [], [], None, None, lineno=node.lineno)
        inner = loop_names | {node.target.name}  # type: ignore[attr-defined]  # a Name, as looked at above
        for child in [*node.body, *node.else_]:
            self._node(child, inner, loops + 1, depth + 1)

    def _fact(self, node: tree.Node, loop_names: frozenset[str]) -> None:
        parts: list[str] = []
        while not isinstance(node, tree.Name):
            part = node.attr if isinstance(node, tree.Getattr) else _constant(node)
            if part.startswith("_") or not isinstance(node, tree.Getattr | tree.Getitem):
                raise _refused(f"{part!r} cannot be read", node.lineno, "name a fact, such as account.name")
            parts.append(part)
            node = node.node
        if node.name.startswith("_") or node.name in ("self", "loop", "super", "caller"):
            raise _refused(f"{node.name!r} cannot be read", node.lineno, "name a fact, such as account.name")
        if node.name not in loop_names:
            self.paths.add(".".join([node.name, *reversed(parts)]))


def _constant(node: tree.Node) -> str:
    """The text in `fact["text"]`; anything else in the brackets is refused."""
    if (
        isinstance(node, tree.Getitem)
        and isinstance(node.arg, tree.Const)
        and isinstance(node.arg.value, str)
    ):
        return node.arg.value
    raise _refused("only a name in quotes may stand in [ ]", node.lineno, 'write fact["name"]')


def escaped(value: Any) -> str:
    """A value inside Markdown: one line, and no character that means something."""
    return _PUNCTUATION.sub(r"\\\1", _SPACES.sub(" ", written(value)).strip())


def _between_marks(value: Any) -> str:
    return f"{BEGIN}{escaped(value).replace(BEGIN, '').replace(END, '')}{END}"


def _environment(finalize: Any) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=Missing,
        finalize=finalize,
        autoescape=False,  # the output is text or Markdown; HTML is made later, from typed nodes
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=0,
    )
    environment.globals = {}
    environment.filters = {**FILTERS, "_first_items": lambda value: list(value)[:MAX_ITEMS]}
    environment.tests = dict(TESTS)
    return environment


_ENVIRONMENTS: Mapping[Markup, ImmutableSandboxedEnvironment] = {
    "text": _environment(written),
    "markdown": _environment(escaped),
    "mail": _environment(_between_marks),
}
