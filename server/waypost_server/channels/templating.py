"""Authors' templates: a small, allow-listed part of Jinja over facts.

Authors' and customers' text is hostile. A template is parsed by Jinja, every node of its tree is compared with a
list of what is allowed (output, facts, `if`, `for`, a dozen filters, comparisons), and only then made into functions
over plain documents. No calls, no arithmetic, no assignment, no attributes: nothing a template says becomes code, and
nothing it says can grow without bound.

A line that starts with `? ` is said only when every fact in it is known: `? {{ peers.report_view.active_share }} % of
companies like yours read reports.` Without the fact, or with too few peers, the whole line is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, TemplateSyntaxError, UndefinedError

from waypost_server.channels.template_compiler import Say, Write, sayer
from waypost_server.channels.template_filters import FILTERS, NoValueError, written
from waypost_server.channels.template_reader import Reader, refused
from waypost_server.domain.errors import TemplateError

MAX_SOURCE = 20_000  # characters
MAX_OUTPUT = 65_536  # characters
KEPT = 4_096  # templates kept compiled: those of a large set, in several languages

OPTIONAL = "? "  # starts a line that is left out when a fact in it is missing
LEFT_OUT = "\x00"  # no author's file and no stored value holds one
BEGIN, END = "\x01", "\x02"  # around each value of a mail: see mail_layout.py

Markup = Literal["text", "markdown", "mail"]
_JINJA = Environment(
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
)  # it parses, and no more
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:\"'=$^%@/?,;])")
_SPACES = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked template. `paths` are the facts it reads, dotted; `lines` those of each line that may be left out."""

    paths: frozenset[str]
    lines: Mapping[str, frozenset[str]]
    say: Say
    write: Write


def is_plain(source: str) -> bool:
    """Whether a template is text without a tag: it reads nothing and says itself, so it cannot fail."""
    return "{" not in source and not _optional(source) and len(source) <= MAX_SOURCE


def parse_template(source: str, *, markup: Markup = "text") -> Compiled:
    """Check and compile a template; one that was seen before is there at once. With `markup="markdown"` every
    value is escaped, so that a customer's name cannot make a link; with "mail" it stands between BEGIN and END as
    well. Raises TemplateError with `detail={"line", "remedy"}`."""
    if len(source) > MAX_SOURCE:
        raise refused(f"the template has more than {MAX_SOURCE:,} characters", 1, "shorten it")
    paths, lines, say = _parsed(source)
    return Compiled(paths, lines, say, _WRITTEN[markup])


@lru_cache(maxsize=KEPT)
def _parsed(source: str) -> tuple[frozenset[str], Mapping[str, frozenset[str]], Say]:
    """What is the same however values are written."""
    try:
        marked, lines = _optional_lines(source)
        parsed = _JINJA.parse(marked)
        paths = Reader(frozenset(lines)).read(parsed)
        return frozenset(paths), lines, sayer(parsed.body)
    except TemplateSyntaxError as error:
        raise refused(
            f"the template does not parse: {error.message}", error.lineno, _hint(str(error))
        ) from None
    except (RecursionError, ValueError, AssertionError) as error:
        # Jinja's parser fails so on what is nested too deep, and on numbers that are too long.
        raise refused(f"the template is nested too deep ({type(error).__name__})", 1, "simplify it") from None


def _optional_lines(source: str) -> tuple[str, dict[str, frozenset[str]]]:
    """The source with each `? ` line inside an `if`, on the same line as before; and the facts of each."""
    if not _optional(source):
        return source, {}
    lines: dict[str, frozenset[str]] = {}
    written = source.split("\n")
    for number, line in enumerate(written, 1):
        if line.startswith(OPTIONAL):
            name, said = f"_line_{number}", line.removeprefix(OPTIONAL)
            try:
                lines[name] = frozenset(Reader().read(_JINJA.parse(said)))
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
        for part in compiled.say({**_plain(facts), **known}, compiled.write):
            size += len(part)
            if size > MAX_OUTPUT:
                raise refused(f"the text is longer than {MAX_OUTPUT:,} characters", 1, "shorten it")
            parts.append(part)
    except TemplateError:
        raise
    except (UndefinedError, NoValueError) as error:
        raise _missing(compiled, facts, error) from None
    except Exception as error:  # noqa: BLE001 - the boundary to authors' text: whatever fails, it is their template
        raise refused(f"the template failed: {type(error).__name__}", 1, "simplify it") from None
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
    missing = refused(f"a value is missing: {said}", 1, remedy)
    missing.detail["missing"] = absent
    return missing


def _walk(facts: Any, path: str) -> Any:
    for part in path.split("."):
        facts = facts.get(part) if isinstance(facts, Mapping) else None
    return facts


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


def escaped(value: Any) -> str:
    """A value inside Markdown: one line, and no character that means something."""
    return _PUNCTUATION.sub(r"\\\1", _SPACES.sub(" ", written(value)).strip())


def _between_marks(value: Any) -> str:
    return f"{BEGIN}{escaped(value).replace(BEGIN, '').replace(END, '')}{END}"


_WRITTEN: Mapping[Markup, Write] = {"text": written, "markdown": escaped, "mail": _between_marks}
