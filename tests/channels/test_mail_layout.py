"""Mails from a layout that was parsed once: the same bytes as when everything is parsed for each reader."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from waypost_server.channels import mail_layout
from waypost_server.channels.mail_html import body
from waypost_server.channels.mail_layout import laid_out, without_marks
from waypost_server.channels.templating import BEGIN, END, parse_template, render

# What an author writes around values: everything in which the words around a value may change their meaning.
AROUND = [
    "", " ", "\n", "\n\n", "    ", "*", "**", "_", "`", "``", "```\n", "- ", "1. ", "1", ".", ") ", "# ", "> ",
    "[", "]",
    "](https://a.example/)", "](", "(", ")", "<", ">", "<https://a.example/", "<mailto:", "@a.example>", "&",
    "&#", "&#x",
    ";", "\\", "!", "![", '"', "'", "~~", "|", "---\n", "===\n", "a", "Hello ", "é", ":", "]: https://a.example\n",
    "<b>", "</b>", "<!--", "-->", "  \n", "\t", "wpslot0z", "x=", "://", "\u00a0", "。", "\x00", BEGIN, END,
]  # fmt: skip
VALUES = [
    "", "Dana", "Acme & Sons", "3", "12", "2.", "7) x", "amp", "#65", "lt", "a`b", "a<b>c", "a > b", "a]b", "a](c",
    "a*b", "*",
    "javascript:x", "https://e.example/", "a.b@c.example", "---", "==", "x\ny", " pad ", "É", "²", "日本", "ना", "a_b",
    "a\\",
    "\\", "wpslot1z", "\x01", "\x02x", "a\x00b", "a\u200bb", "!", "a!", "“q”", "😀", "x" * 50, "a: b", "mailto",
    "foo", "a'b\"c",
]  # fmt: skip
words = st.one_of(st.sampled_from(VALUES), st.text(max_size=12))
templates = st.lists(st.one_of(st.sampled_from(AROUND), st.none()), min_size=1, max_size=14)


@settings(max_examples=3 * settings.default.max_examples, deadline=None)
@given(templates, st.lists(words, min_size=14, max_size=14))
@example([None, ". x"], ["1"] * 14)
@example(["&", None, ";"], ["amp"] * 14)
@example(["` ", None], ["a`b"] * 14)
@example(["[", None, "]\n\n", "[foo", "]: https://a.example\n"], ["foo"] * 14)
@example(["**", None, "**", "a"], ["a!"] * 14)
@example(["<https://a.example/", None], ["a>b"] * 14)
def test_a_laid_out_mail_has_the_bytes_of_a_parsed_one(around: list[str | None], values: list[str]) -> None:
    """Whatever an author writes and whatever a customer is called."""
    given_values = iter(values)
    source, facts = "", {}
    for piece in around:
        if piece is not None:
            source += piece
            continue
        name = f"v{len(facts)}"
        facts[name] = next(given_values)
        source += f"{BEGIN}{_escaped(facts[name])}{END}"
    assert laid_out(source) == body(without_marks(source))


def _escaped(value: str) -> str:
    """A value as a template writes it."""
    marked = render(parse_template("{{ v }}", markup="mail"), {"v": value})
    return marked.replace(BEGIN, "").replace(END, "")


def test_a_customer_cannot_write_the_marks() -> None:
    """A value that holds them is written without them."""
    template = parse_template("Hello {{ user.name }}.", markup="mail")
    filled = render(template, {"user": {"name": f"Da{END}na{BEGIN}**x**"}})
    assert filled.count(BEGIN) == filled.count(END) == 1
    assert "**" in laid_out(filled).text and "<strong>" not in laid_out(filled).html


def test_readers_of_one_template_share_its_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing is most of what writing a mail costs."""
    parsed, before = [], mail_layout.parsed
    monkeypatch.setattr(mail_layout, "parsed", lambda *given: parsed.append(given) or before(*given))
    monkeypatch.setattr(mail_layout, "body", lambda _text: pytest.fail("took the long way"))
    template = parse_template(
        "Dear {{ user.name }},\n\n**{{ account.name }}** has {{ account.n }}.", markup="mail"
    )
    for number, name in enumerate(("Dana", "Robin", "Zoë O'Neill-Smith")):
        facts = {"user": {"name": name}, "account": {"name": f"{name} & Co", "n": number}}
        said = laid_out(render(template, facts))
        assert said.text == f"Dear {name},\n\n{name} & Co has {number}."
        assert f"<strong>{name} &amp; Co</strong>" in said.html
    assert len(parsed) == 1


def test_no_letter_or_digit_counts_as_punctuation() -> None:
    """The ends of a harmless value are neither punctuation nor space for Markdown."""
    strange = [
        hex(n)
        for n in range(sys.maxunicode)
        if chr(n).isalnum() and unicodedata.category(chr(n))[0] not in "LN"
    ]
    assert strange == []
