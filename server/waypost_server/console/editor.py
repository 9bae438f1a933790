"""What the editor of a definition shows beside its text: findings, the words in words, cases, a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from waypost_server.channels.template_check import CheckedTemplate, check_template
from waypost_server.console import preview
from waypost_server.console.conditions import Reader
from waypost_server.definitions.cases import Result, run
from waypost_server.definitions.findings import Finding, TemplateCheck, TemplateChecker
from waypost_server.definitions.loader import SINGLE, Loaded, load_files
from waypost_server.definitions.strict_yaml import YamlProblemError
from waypost_server.definitions.strict_yaml import read as parse
from waypost_server.domain.conditions import ConditionError, compile_condition
from waypost_server.domain.definitions import Nudge, Play
from waypost_server.domain.locale import base
from waypost_server.services.draft import Draft

NOUNS = {
    "in-app": "nudge",
    "plays": "play",
    "templates": "template",
    "workshops": "workshop",
    "environments": "environment",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A file of a draft, read together with the rest of it."""

    loaded: Loaded
    file: str
    findings: tuple[Finding, ...]
    elsewhere: tuple[Finding, ...]  # errors in other files
    nudge: Nudge | None = None
    play: Play | None = None
    results: tuple[Result, ...] = ()

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def marks(self) -> dict[int, str]:
        """Line → error or warning, for the margin."""
        found = {finding.line: "warning" for finding in self.findings}
        return {**found, **{each.line: "error" for each in self.findings if each.severity == "error"}}

    def look(self, lang: str | None) -> dict[str, Any] | None:
        """The nudge's words as nodes, in a language or the usual one."""
        if self.nudge is None or not self.nudge.content:
            return None
        usual = base(self.nudge.content, self.loaded.definitions.catalog.default_locale)
        chosen = lang if lang is not None and lang in self.nudge.content else usual
        return preview.render(chosen, self.nudge.content[chosen], Reader(self.loaded.definitions))


def check(draft: Draft, file: str, text: str | None) -> Checked:
    """Read the draft with `text` as its `file`."""
    files = {name: each for name, each in draft.files.items() if name != file}
    files |= {} if text is None else {file: text}
    checker = check_template if text is None else _of_this_file(file, text)
    loaded = load_files(files, check_template=checker, environment=draft.environment)
    nudge = next((each for each in loaded.definitions.nudges if _file_of(each) == file), None)
    return Checked(
        loaded,
        file,
        tuple(each for each in loaded.findings if each.file == file),
        tuple(each for each in loaded.errors if each.file != file),
        nudge,
        next((each for each in loaded.definitions.plays if _file_of(each) == file), None),
        _run(nudge, loaded) if nudge else (),
    )


def _of_this_file(file: str, text: str) -> TemplateChecker:
    """Tries the words of one file: those of others did not change, and a big set has ten thousand of them.

    What every file may read (the catalogue, the journey …) is tried with the words of all.
    """
    if noun(file) not in ("nudge", "play", "template"):
        return check_template
    own = set(_texts(file, text))
    plain = "\n".join(text.splitlines())

    def try_it(source: str, facts_for: Callable[[frozenset[str]], Mapping[str, Any]]) -> TemplateCheck:
        if source in own or source.strip() in plain:
            return check_template(source, facts_for)
        return CheckedTemplate(source, frozenset(), None)

    return try_it


def _texts(file: str, text: str) -> Iterator[str]:
    """Every text of a YAML file, wherever it stands."""
    try:
        waiting = [] if file.endswith(".md") else [parse(file, text).data]
    except YamlProblemError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value


def read(files: Mapping[str, str], environment: str) -> Loaded:
    """Files as the workspace would read them, with everything that is wrong."""
    return load_files(files, check_template=check_template, environment=environment)


def _run(nudge: Nudge, loaded: Loaded) -> tuple[Result, ...]:
    try:
        compiled = compile_condition(nudge.audience)
    except ConditionError:  # a finding says so
        return ()
    return tuple(run(nudge, compiled, case, loaded.definitions) for case in nudge.cases)


def _file_of(definition: Nudge | Play) -> str:
    return definition.source.rpartition(":")[0]


def noun(file: str) -> str:
    """What a file holds: "nudge", "play", "template", "catalog" …"""
    path = PurePosixPath(file)
    return NOUNS.get(path.parts[0], "file") if len(path.parts) > 1 else path.stem


def by_noun(draft: Draft) -> dict[str, list[str]]:
    """Every file that can be edited, those that could be written included, by what they hold."""
    files = sorted({*draft.files, *SINGLE})
    found: dict[str, list[str]] = {}
    for file in files:
        path = PurePosixPath(file)
        title = (
            f"{NOUNS.get(path.parts[0], 'file').capitalize()}s" if len(path.parts) > 1 else "For all of them"
        )
        found.setdefault(title, []).append(file)
    return found


def totals(loaded: Loaded) -> Counter[str]:
    """How many errors and warnings there are."""
    return Counter(finding.severity for finding in loaded.findings)
