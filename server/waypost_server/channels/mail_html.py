"""Markdown to the two parts of an e-mail: plain text, and a quiet, narrow page without tables or scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from waypost_server.channels.reader_words import WORDS

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(["html_inline"])
_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "a",
    "h1",
    "h2",
    "h3",
    "blockquote",
    "hr",
}
_FONT = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_STYLES = {
    "p": "margin:0 0 16px",
    "ul": "margin:0 0 16px;padding-inline-start:22px",
    "ol": "margin:0 0 16px;padding-inline-start:22px",
    "li": "margin:0 0 6px",
    "h1": "margin:0 0 12px;font-size:20px;line-height:1.3",
    "h2": "margin:24px 0 10px;font-size:17px;line-height:1.3",
    "h3": "margin:20px 0 8px;font-size:16px;line-height:1.3",
    "pre": "margin:0 0 16px;white-space:pre-wrap;overflow-wrap:anywhere",
    "code": "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px",
    "blockquote": "margin:0 0 16px;padding-left:14px;border-left:3px solid #d8dbe2",
    "hr": "border:0;border-top:1px solid #e4e6eb;margin:24px 0",
}
_LINK = "color:#2450b2;text-decoration:underline"


@dataclass(frozen=True, slots=True)
class Parts:
    """The body of an e-mail, twice."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Footer:
    """Why the reader gets this, and the way out, in the reader's language."""

    why: str
    unsubscribe_url: str | None = None
    preferences_url: str | None = None
    language: str = "en"

    @property
    def links(self) -> list[tuple[str, str]]:
        """(words, address) of each."""
        words = WORDS[self.language].mail
        both = ((words.stop, self.unsubscribe_url), (words.choose, self.preferences_url))
        return [(text, url) for text, url in both if url]


def parts(markdown: str, *, subject: str, footer: Footer, lang: str = "en") -> Parts:
    """Render a Markdown body with its footer; `lang` is the body's language. Authors' and customers' text is never
    markup."""
    return in_page(body(markdown), subject=subject, footer=footer, lang=lang)


def body(markdown: str) -> Parts:
    """The words alone, without page and footer."""
    return body_of(parsed(markdown))


def parsed(markdown: str, environment: dict[str, Any] | None = None) -> list[Token]:
    """Parsed once for both parts; link definitions go into `environment`."""
    return _markdown.parse(markdown, environment)


def body_of(tokens: Sequence[Token]) -> Parts:
    """As `body`, from what was parsed."""
    safe = nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_absolute,
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    )
    return Parts(_text(tokens), _styled(safe))


def in_page(words: Parts, *, subject: str, footer: Footer, lang: str = "en") -> Parts:
    """A body with all that stands around it."""
    page = _page(words.html, subject=subject, footer=footer, lang=lang)
    return Parts(f"{words.text}\n\n-- \n{_text_footer(footer)}", page)


def _absolute(_tag: str, _attribute: str, value: str) -> str | None:
    """A mail has no page that a relative address could be relative to."""
    return value if value.startswith(("https://", "http://", "mailto:")) else None


def _styled(safe: str) -> str:
    """Mail programs drop style sheets, so the few styles go on the elements, after cleaning."""

    def style(match: re.Match[str]) -> str:
        return f'<{match[1]} style="{_STYLES[match[1]]}">'

    styled = re.sub(r"<(p|ul|ol|li|h1|h2|h3|pre|code|blockquote|hr)>", style, safe)
    return styled.replace("<a href=", f'<a style="{_LINK}" href=')


def _page(body: str, *, subject: str, footer: Footer, lang: str) -> str:
    out = html.escape(footer.why)
    for words, url in footer.links:
        out += f' <a style="color:#5b6372" href="{html.escape(url)}">{html.escape(words)}</a>.'
    return (
        f'<!doctype html><html lang="{html.escape(lang)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(subject)}</title></head>"
        f'<body style="margin:0;padding:24px 12px;background:#f4f5f7;font-family:{_FONT}">'
        '<div role="article" dir="auto" style="max-width:560px;margin:0 auto;padding:28px 24px 14px;background:#ffffff;'
        "border:1px solid #e4e6eb;border-radius:10px;color:#1d2330;font-size:16px;line-height:1.55;"
        f'overflow-wrap:anywhere">{body}</div>'
        f'<div lang="{footer.language}" style="max-width:560px;margin:0 auto;padding:14px 24px;color:#5b6372;'
        "font-size:13px;"
        f'line-height:1.5">{out}</div></body></html>'
    )


def _text(tokens: Sequence[Token]) -> str:
    """The words without the markup: lists keep their marks, links become "words (address)"."""
    lines: list[str] = []
    marks: list[int | None] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            marks.append(1 if token.type == "ordered_list_open" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            marks.pop()
            lines.append("")
        elif token.type == "inline":
            lines.append(_mark(marks) + _inline(token.children or []))
            if not marks:
                lines.append("")
        elif token.type in ("fence", "code_block"):
            lines.extend([token.content.rstrip(), ""])
    return "\n".join(lines).strip()


def _text_footer(footer: Footer) -> str:
    return "".join([f"{footer.why}\n", *(f"{words}: {url}\n" for words, url in footer.links)])


def _mark(marks: list[int | None]) -> str:
    if not marks:
        return ""
    number = marks[-1]
    if number is None:
        return "- "
    marks[-1] = number + 1
    return f"{number}. "


def _inline(tokens: list[Token]) -> str:
    text: list[str] = []
    targets: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline", "image"):
            text.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            text.append("\n" if token.type == "hardbreak" else " ")
        elif token.type == "link_open":
            targets.append(str(token.attrGet("href")))
        elif token.type == "link_close":
            target = targets.pop()
            text.append(f" ({target})" if target.startswith(("https://", "http://", "mailto:")) else "")
    return "".join(text)
