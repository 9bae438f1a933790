"""A message as the services want it: Slack's rich text and Teams' Adaptive Card, made of typed pieces.

Neither is Markdown, so nothing that a customer wrote can become a mention, a link or bold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from waypost_server.channels.nodes import Node, parse_nodes, plain_text

MOST = 6_000  # characters of body; both services refuse much more
CUT = "…"
TITLE = 150  # Slack's limit for a header


def slack(title: str, markdown: str) -> dict[str, Any]:
    """Text for notifications, and blocks."""
    nodes, title = parse_nodes(_short(markdown)), title[:TITLE]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    ]
    if nodes:
        blocks.append({"type": "rich_text", "elements": [_slack_block(each) for each in nodes]})
    return {"text": _unparsed(title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def teams(title: str, markdown: str) -> dict[str, Any]:
    """A message with one Adaptive Card."""
    heading = {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": True, "text": _plain(title)}
    body = [each for node in parse_nodes(_short(markdown)) for each in _teams_block(node)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [heading, *body],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def as_text(title: str, markdown: str) -> str:
    """The same in plain words, for the ledger."""
    return f"{title}\n\n{plain_text(parse_nodes(markdown))}".strip()


def _short(markdown: str) -> str:
    return markdown if len(markdown) <= MOST else markdown[:MOST] + CUT


# --- Slack ----------------------------------------------------------------------------------------
def _slack_block(node: Node) -> dict[str, Any]:
    if node["t"] == "list":
        style = "ordered" if node["ordered"] else "bullet"
        items = [_section(item) for item in node["c"]]
        return {"type": "rich_text_list", "style": style, "elements": items}
    return _section([*node["c"], {"t": "br"}])


def _section(nodes: Sequence[Node]) -> dict[str, Any]:
    return {
        "type": "rich_text_section",
        "elements": _slack_runs(nodes, {}) or [{"type": "text", "text": " "}],
    }


def _slack_runs(nodes: Iterable[Node], style: dict[str, bool]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for node in nodes:
        kind, styled = node["t"], {"style": style} if style else {}
        if kind in ("text", "br"):
            made.append({"type": "text", "text": node.get("v", "\n"), **styled})
        elif kind == "code":
            made.append({"type": "text", "text": node["v"], "style": {**style, "code": True}})
        elif kind == "link" and node["href"].startswith(("https://", "mailto:")):
            made.append({"type": "link", "url": node["href"], "text": plain_text(node["c"]), **styled})
        else:
            more = {"strong": {"bold": True}, "em": {"italic": True}}.get(kind, {})
            made.extend(_slack_runs(node["c"], {**style, **more}))
    return [each for each in made if each["text"]]


def _unparsed(text: str) -> str:
    """The text beside the blocks is Slack's markup: these three characters are all of it that can do harm."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- Teams ----------------------------------------------------------------------------------------
def _teams_block(node: Node) -> list[dict[str, Any]]:
    if node["t"] == "list":
        marks = (f"{place}. " if node["ordered"] else "• " for place in range(1, len(node["c"]) + 1))
        return [
            _rich([_run(mark, {}), *_teams_runs(item, {})])
            for mark, item in zip(marks, node["c"], strict=True)
        ]
    return [_rich(_teams_runs(node["c"], {}))]


def _rich(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": runs or [_run(" ", {})]}


def _run(text: str, style: dict[str, Any]) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}


def _teams_runs(nodes: Iterable[Node], style: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for node in nodes:
        kind = node["t"]
        if kind in ("text", "br"):
            made.append(_run(node.get("v", "\n"), style))
        elif kind == "code":
            made.append(_run(node["v"], {**style, "fontType": "Monospace"}))
        elif kind == "link" and node["href"].startswith(("https://", "mailto:")):
            opens = {"selectAction": {"type": "Action.OpenUrl", "url": node["href"]}, "underline": True}
            made.append(_run(plain_text(node["c"]), {**style, **opens}))
        else:
            styles: dict[str, dict[str, Any]] = {"strong": {"weight": "Bolder"}, "em": {"italic": True}}
            more = styles.get(kind, {})
            made.extend(_teams_runs(node["c"], {**style, **more}))
    return made


def _plain(text: str) -> str:
    """A TextBlock reads some Markdown; a backslash before punctuation makes it mean itself."""
    return "".join(f"\\{each}" if each in "\\`*_[]()#" else each for each in text)
