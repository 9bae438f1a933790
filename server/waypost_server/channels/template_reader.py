"""What a template may be made of: the tree is walked once, and whatever is not on the list is refused."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import nodes as tree

from waypost_server.channels.template_filters import FILTERS, TESTS
from waypost_server.domain.errors import TemplateError

MAX_NESTING = 12
MAX_NODES = 2_000
MAX_LOOPS = 2  # loops inside each other

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


def refused(message: str, line: int | None, remedy: str) -> TemplateError:
    """What is wrong with a template, on which of its lines, and what to write instead."""
    return TemplateError(message, detail={"line": line or 1, "remedy": remedy})


class Reader:
    """Walks a tree once: refuses what is not allowed, collects the facts that are read."""

    def __init__(self, lines: frozenset[str] = frozenset()) -> None:
        self.lines = lines  # names that stand for "this line is said"
        self.count = 0
        self.paths: set[str] = set()

    def read(self, template: tree.Template) -> set[str]:
        """The facts it reads, dotted. Raises TemplateError."""
        for child in template.body:
            self._node(child, frozenset(), 0, 0)
        return self.paths

    def _node(self, node: tree.Node, loop_names: frozenset[str], loops: int, depth: int) -> None:
        self.count += 1
        if depth > MAX_NESTING or self.count > MAX_NODES:
            raise refused("the template is nested too deep or too long", node.lineno, "simplify it")
        if not isinstance(node, _ALLOWED):
            other = "arithmetic" if isinstance(node, tree.BinExpr | tree.UnaryExpr) else "this expression"
            word = _WORDS.get(type(node), other)
            raise refused(
                f"{word} cannot be used in a template", node.lineno, "use facts, if, for and filters"
            )
        if isinstance(node, tree.Name) and node.name in self.lines:
            return
        if isinstance(node, tree.Name | tree.Getattr | tree.Getitem):
            self._fact(node, loop_names)
            return
        if isinstance(node, tree.Filter) and (node.name not in FILTERS or node.node is None or node.kwargs):
            remedy = f"filters: {', '.join(sorted(FILTERS))}"
            raise refused(f"the filter {node.name!r} cannot be used in a template", node.lineno, remedy)
        if isinstance(node, tree.Filter) and (node.dyn_args or node.dyn_kwargs):
            raise refused("* and ** cannot be used in a template", node.lineno, "write the values out")
        if isinstance(node, tree.Test) and (node.name not in TESTS or node.args or node.kwargs):
            raise refused(
                f"`is {node.name}` cannot be used so in a template", node.lineno, "use: is defined, is none"
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
            raise refused(
                "a loop is `{% for item in a.fact %}`", node.lineno, "loop over one fact that is a list"
            )
        if loops >= MAX_LOOPS:
            raise refused(f"more than {MAX_LOOPS} loops inside each other", node.lineno, "use fewer")
        self._node(node.iter, loop_names, loops, depth + 1)
        inner = loop_names | {node.target.name}  # type: ignore[attr-defined]  # a Name, as looked at above
        for child in [*node.body, *node.else_]:
            self._node(child, inner, loops + 1, depth + 1)

    def _fact(self, node: tree.Node, loop_names: frozenset[str]) -> None:
        parts: list[str] = []
        while not isinstance(node, tree.Name):
            part = node.attr if isinstance(node, tree.Getattr) else _constant(node)
            if part.startswith("_") or not isinstance(node, tree.Getattr | tree.Getitem):
                raise refused(f"{part!r} cannot be read", node.lineno, "name a fact, such as account.name")
            if len(parts) == MAX_NESTING:
                raise refused("the template is nested too deep", node.lineno, "simplify it")
            parts.append(part)
            node = node.node
        if node.name.startswith("_") or node.name in ("self", "loop", "super", "caller"):
            raise refused(f"{node.name!r} cannot be read", node.lineno, "name a fact, such as account.name")
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
    raise refused("only a name in quotes may stand in [ ]", node.lineno, 'write fact["name"]')
