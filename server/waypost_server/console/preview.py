"""A nudge's words as its reader would see them, with a chip where a fact will stand."""

from __future__ import annotations

import re
from typing import Any

from waypost_server.channels.nodes import parse_nodes
from waypost_server.console.conditions import Reader
from waypost_server.domain.definitions import Content

VALUE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
OPTIONAL = re.compile(r"^\? ", re.MULTILINE)  # a line that is left out when a fact in it is missing
MARK = re.compile("\ue000(\\d+)\ue001")
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

Node = dict[str, Any]


def render(lang: str, content: Content, reader: Reader) -> dict[str, Any]:
    """Title, body, actions and reason as nodes. Both sides of an {% if %} are shown."""
    title = with_chips(content.title, reader, markdown=False)
    return {
        "lang": lang,
        "dir": "rtl" if lang.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr",
        "title": title,
        "body": with_chips(content.body, reader, markdown=True),
        "actions": content.actions,
        "why": with_chips(content.why, reader, markdown=False) if content.why else [],
        "progress": content.progress,
    }


def with_chips(source: str, reader: Reader, *, markdown: bool) -> list[Node]:
    """A text with {{ … }} as nodes; each value becomes a chip with the fact's name."""
    labels: list[str] = []

    def mark(match: re.Match[str]) -> str:
        path = match[1].split("|")[0].strip()
        labels.append(_label(path, reader))
        return f"\ue000{len(labels) - 1}\ue001"

    text = STATEMENT.sub(
        "", VALUE.sub(mark, OPTIONAL.sub("", source).replace("\ue000", "").replace("\ue001", ""))
    )
    nodes = parse_nodes(text) if markdown else [{"t": "text", "v": text}]
    return _placed(nodes, labels)


def _placed(nodes: list[Any], labels: list[str]) -> list[Any]:
    placed: list[Any] = []
    for node in nodes:
        if isinstance(node, list):  # an item of a list
            placed.append(_placed(node, labels))
        elif node["t"] == "text":
            for place, part in enumerate(MARK.split(node["v"])):
                if place % 2:
                    placed.append({"t": "text", "v": labels[int(part)], "chip": True})
                elif part:
                    placed.append({"t": "text", "v": part})
        else:
            placed.append({**node, "c": _placed(node["c"], labels)} if "c" in node else node)
    return placed


def _label(path: str, reader: Reader) -> str:
    """ "milestone.first_automation.next_step" → "next step"; anything odd as written."""
    if not re.fullmatch(r"[\w.]+", path):
        return path[:60]
    return reader.fact(path).rpartition(" · ")[2].lower()
