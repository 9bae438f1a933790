"""Markdown → typed nodes: what a browser may be asked to show. Never HTML.

Blocks are `p` and `list`; inside them `text strong em code link br`. Anything else in the Markdown is
shown as the text it is. A link whose address is not https, mailto or a path of the product loses its link.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

Node = dict[str, Any]
_MARKDOWN = MarkdownIt("zero", {"html": False, "linkify": False}).enable(
    ["list", "emphasis", "backticks", "link", "newline", "escape", "entity"]
)
_MARKDOWN.options["maxNesting"] = 20
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


def parse_nodes(text: str) -> list[Node]:
    """The blocks of a Markdown text, in order."""
    return [block for child in SyntaxTreeNode(_MARKDOWN.parse(text)).children for block in _block(child)]


def is_safe_link(address: str) -> bool:
    """https, mailto, or a path of the product's own site."""
    if _CONTROL.search(address):
        return False
    if address.startswith("/"):
        return not address.lower().startswith(("//", "/%5c", "/%2f"))
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return "@" in parts.path
    return parts.scheme == "https" and _HOST.fullmatch(parts.netloc) is not None


def plain_text(nodes: list[Node]) -> str:
    """The words alone, for a title or an accessible label."""
    return "".join(_words(node) for node in nodes).strip()


def _words(node: Node) -> str:
    if node["t"] in ("text", "code"):
        return str(node["v"])
    if node["t"] == "br":
        return "\n"
    if node["t"] == "list":
        return "".join(f"{plain_text(item)}\n" for item in node["c"])
    inner = "".join(_words(each) for each in node["c"])
    return f"{inner}\n" if node["t"] == "p" else inner


def _block(node: SyntaxTreeNode) -> list[Node]:
    if node.type == "paragraph":
        return [{"t": "p", "c": _inlines(node)}]
    if node.type in ("bullet_list", "ordered_list"):
        items = [_item(item) for item in node.children]
        return [{"t": "list", "ordered": node.type == "ordered_list", "c": items}]
    return [block for child in node.children for block in _block(child)]


def _item(node: SyntaxTreeNode) -> list[Node]:
    """One item as inline nodes; paragraphs and inner lists in it become lines of their own."""
    lines: list[list[Node]] = []
    for block in (block for child in node.children for block in _block(child)):
        lines.extend(block["c"] if block["t"] == "list" else [block["c"]])
    joined: list[Node] = []
    for line in lines:
        joined.extend([{"t": "br"}, *line] if joined else line)
    return joined


def _inlines(node: SyntaxTreeNode) -> list[Node]:
    made: list[Node] = []
    for child in node.children:
        for inline in _inline(child):
            if inline["t"] == "text" and made and made[-1]["t"] == "text":
                made[-1] = {"t": "text", "v": made[-1]["v"] + inline["v"]}
            else:
                made.append(inline)
    return made


def _inline(node: SyntaxTreeNode) -> list[Node]:
    if node.type in ("strong", "em"):
        return [{"t": node.type, "c": _inlines(node)}]
    if node.type == "link":
        href = str(node.attrs.get("href", ""))
        return [{"t": "link", "href": href, "c": _inlines(node)}] if is_safe_link(href) else _inlines(node)
    if node.type == "code_inline":
        return [{"t": "code", "v": node.content}]
    if node.type == "hardbreak":
        return [{"t": "br"}]
    if node.type == "softbreak":
        return [{"t": "text", "v": " "}]
    if node.type == "inline":
        return _inlines(node)
    return [{"t": "text", "v": node.content}] if node.content else []
