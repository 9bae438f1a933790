"""Markdown becomes typed nodes, never HTML."""

from __future__ import annotations

import pytest

from waypost_server.channels.nodes import is_safe_link, parse_nodes, plain_text


def text(value: str) -> dict[str, object]:
    """A run of text."""
    return {"t": "text", "v": value}


def test_what_is_shown() -> None:
    """Paragraphs, emphasis, code, links, line breaks and lists."""
    assert parse_nodes("a **b** *c* `d`  \n[e](/f)\ng") == [
        {
            "t": "p",
            "c": [
                text("a "), {"t": "strong", "c": [text("b")]}, text(" "), {"t": "em", "c": [text("c")]}, text(" "),
                {"t": "code", "v": "d"}, {"t": "br"}, {"t": "link", "href": "/f", "c": [text("e")]}, text(" g"),
            ],
        }
    ]  # fmt: skip
    assert parse_nodes("1. a\n2. b") == [{"t": "list", "ordered": True, "c": [[text("a")], [text("b")]]}]
    assert parse_nodes("- a\n  - b") == [
        {"t": "list", "ordered": False, "c": [[text("a"), {"t": "br"}, text("b")]]}
    ]


@pytest.mark.parametrize(
    "source", ["# a", "> a", "<b>a</b>", "<script>a</script>", "| a |", "***", "&lt;b&gt;", "    a"]
)
def test_everything_else_is_text(source: str) -> None:
    """Headings, quotes, HTML and tables stay the text they are."""
    assert {node["t"] for block in parse_nodes(source) for node in block["c"]} == {"text"}


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:x", "java\tscript:x", "data:text/html,x", "vbscript:x", "//evil.example",
     "/\\evil.example", "\\\\evil.example", "http://plain.example", "https://user@evil.example", "https:evil", "ftp://x",
     "mailto:", "", "relative/path", "https://[bad"],
)  # fmt: skip
def test_an_unsafe_address_loses_its_link(address: str) -> None:
    """Only https, mailto and the product's own paths are links."""
    assert not is_safe_link(address)
    assert "'t': 'link'" not in str(parse_nodes(f"[a]({address})"))
    assert "'t': 'link'" not in str(parse_nodes(f"[a](<{address}>)")) or "\\" in address


@pytest.mark.parametrize("address", ["/a/b?c=1#d", "https://acme.example/x", "mailto:a@example.com"])
def test_a_safe_address_is_a_link(address: str) -> None:
    """The product's own paths, https and mailto."""
    assert parse_nodes(f"[a]({address})") == [
        {"t": "p", "c": [{"t": "link", "href": address, "c": [text("a")]}]}
    ]


def test_plain_text() -> None:
    """The words alone, one line per paragraph and item."""
    assert plain_text(parse_nodes("Hello **you**.\n\n- a\n- b")) == "Hello you.\na\nb"
