"""Checks of how texts sound: no guilt, no false hurry, no shouting, no greeting of nobody. English and German.

These are warnings: an author may have a reason.
"""

from __future__ import annotations

import re

from waypost_server.definitions.findings import Source, Where

from .context import Context

_RULES = (
    ("exclamation", re.compile(r"!(?!\[|=)"), "an exclamation mark shouts", "end with a full stop"),
    (
        "guilt",
        re.compile(
            r"don['’]t miss|you (?:still )?have(?:n['’]t| not) (?:even|yet)|we miss you|no thanks, i (?:don|hate)"
            r"|disappoint|shame|verpassen sie nicht|leider haben sie (?:noch )?nicht|wir vermissen sie",
            re.IGNORECASE,
        ),
        "this makes people feel guilty",
        "say what they gain",
    ),
    (
        "urgency",
        re.compile(
            r"\b(?:hurry|act now|last chance|only today|limited time|before it['’]?s too late|urgent(?:ly)?|asap"
            r"|jetzt schnell|nur noch heute|letzte chance|dringend)\b",
            re.IGNORECASE,
        ),
        "this hurries people without a reason",
        "name the date, or leave it out",
    ),
    (
        "empty_greeting",
        re.compile(
            r"\b(?:hi|hello|dear|hey|hallo|liebe[rs]?)\s+,|default\(\s*(?:\"\"|'')\s*\)", re.IGNORECASE
        ),
        "this may greet nobody",
        'write a name that is there, or `default("there")`',
    ),
    (
        "shouting",
        re.compile(r"\b[A-ZÄÖÜ]{5,}(?:\s+[A-ZÄÖÜ]{2,})+\b"),
        "capitals shout",
        "write it in small letters",
    ),
)
_CODE = re.compile(r"\{%.*?%\}|`[^`]*`", re.DOTALL)


def check_tone(context: Context, text: str, source: Source, where: Where) -> None:
    """Report how a text may read to the person who gets it."""
    said = _CODE.sub(" ", text)
    for code, pattern, message, remedy in _RULES:
        if found := pattern.search(said):
            context.report.warning(source, where, code, f"{message}: “{found[0].strip()}”", remedy)
