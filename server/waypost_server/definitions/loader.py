"""From files to definitions: read everything, report everything that is wrong, return what could be read."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from waypost_server.domain.coverage import Coverage
from waypost_server.domain.definitions import (
    Adoption,
    Catalog,
    Definitions,
    Journey,
    Nudge,
    Play,
    Policy,
    Template,
    Workshop,
)
from waypost_server.domain.normalise import is_storable

from . import build, checks
from .build_adoption import build_adoption
from .build_nudge import build_nudge
from .build_play import build_play
from .build_policy import build_policy
from .coverage_file import build_coverage
from .environments import FOLDER, MANY, Overrides, is_sound, names_of
from .environments import SINGLE as SECTIONS
from .findings import Finding, Problem, Report, Source, TemplateChecker
from .nested import nearest
from .saved_groups import groups_of, put_in
from .strict_yaml import MAX_CHARACTERS, YamlProblemError, read
from .workshop_file import build_workshop

MAX_FILES = 2_000
REMEMBERED = 8  # sets of files whose definitions are kept
KEPT = MAX_FILES + 200  # files whose text, parsed, is kept: a whole set and some edits
_HOMES = (  # a line that only files of one folder have
    ("in-app", re.compile("^surface:", re.MULTILINE)),
    ("plays", re.compile("^(on|enrol|long_tail|strategic):", re.MULTILINE)),
    ("workshops", re.compile("^(host|minutes|capacity):", re.MULTILINE)),
    ("templates", re.compile("^---\r?\nsubject:")),
)
SINGLE = ("catalog.yaml", "coverage.yaml", "journey.yaml", "policy.yaml", "adoption.yaml")
FOLDERS = {"in-app": ".yaml", "plays": ".yaml", "templates": ".md", "workshops": ".yaml", FOLDER: ".yaml"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A set of files, read for an environment ("" = as written). With an error among the findings,
    `definitions` lacks what could not be read."""

    definitions: Definitions
    findings: tuple[Finding, ...]
    files: dict[str, str]
    environment: str = ""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid publishing."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def load(
    folder: Path | str, *, check_template: TemplateChecker | None = None, environment: str = ""
) -> Loaded:
    """Read a folder, with the overrides of an environment if one is named. Hidden files and README.md are
    passed over; links out of the folder are not followed."""
    root = Path(folder)
    report = Report()
    if not root.is_dir():
        problem = Problem(
            "no_folder", f"there is no folder {root}", "name the folder that holds catalog.yaml"
        )
        report.in_file(str(root), (1, 1), problem)
        return Loaded(Definitions(Catalog("")), tuple(report.findings), {}, environment)
    files = {name: text for name, path in _walk(root) if (text := _text(name, path, report)) is not None}
    if not report.findings:
        return load_files(files, check_template=check_template, environment=environment)
    return _load(files, report, check_template, environment)


def load_files(
    files: Mapping[str, str], *, check_template: TemplateChecker | None = None, environment: str = ""
) -> Loaded:
    """The same from a mapping of name to text, as a release keeps it. The last few sets are remembered: what
    was checked is published, and what was published is read."""
    found = _remembered(frozenset(files.items()), check_template, environment)
    return replace(found, files=dict(files))


@lru_cache(maxsize=REMEMBERED)
def _remembered(
    files: frozenset[tuple[str, str]], check_template: TemplateChecker | None, environment: str
) -> Loaded:
    return _load(dict(files), Report(), check_template, environment)


def in_every_environment(loaded: Loaded, *, check_template: TemplateChecker | None = None) -> Loaded:
    """Files read as written, with what is wrong in any of their environments among the findings too."""
    findings = set(loaded.findings)
    for name in names_of(loaded.files):
        there = load_files(loaded.files, check_template=check_template, environment=name)
        findings |= {
            replace(each, message=f"{each.message} (in the environment {name})")
            for each in there.findings
            if each not in findings
        }
    return replace(loaded, findings=tuple(sorted(findings)))


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and name.upper() != "README.MD" and not path.is_symlink():
                yield path.relative_to(root).as_posix(), path


def _text(name: str, path: Path, report: Report) -> str | None:
    try:
        if path.stat().st_size > 4 * MAX_CHARACTERS:
            raise OverflowError
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem("not_utf8", f"byte {error.start} is not UTF-8", "save the file as UTF-8 text")
    except OverflowError:
        problem = Problem("too_large", f"the file is larger than {MAX_CHARACTERS:,} characters", "split it")
    except OSError as error:
        problem = Problem("unreadable", f"the file cannot be read: {error.strerror}", "check its permissions")
    report.in_file(name, (1, 1), problem)
    return None


@dataclass(slots=True)
class _Reading:
    """What has been read so far, with the source of each thing for the checks."""

    report: Report
    environment: str = ""
    overrides: Overrides = field(default_factory=Overrides)
    sources: dict[str, Source] = field(default_factory=dict)  # by file
    catalog: Catalog | None = None
    journey: Journey | None = None
    policy: Policy | None = None
    adoption: Adoption | None = None
    coverage: Coverage | None = None
    nudges: list[Nudge] = field(default_factory=list)
    plays: list[Play] = field(default_factory=list)
    workshops: list[Workshop] = field(default_factory=list)
    templates: dict[str, Template] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)  # where a key of a kind stands


def _load(
    files: dict[str, str], report: Report, check_template: TemplateChecker | None, environment: str
) -> Loaded:
    reading = _Reading(report, environment)
    if len(files) > MAX_FILES:
        problem = Problem("too_many_files", f"{len(files)} files", f"use at most {MAX_FILES}")
        report.in_file("nudges", (1, 1), problem)
        return Loaded(Definitions(Catalog("")), tuple(report.findings), files, environment)
    if environment and environment not in names_of(files):
        _no_environment(files, environment, report)
    for name in sorted(files, key=_turn):
        _read_file(name, files[name], reading)
    for section in SECTIONS:
        if reading.overrides.over(section)[1] and f"{section}.yaml" not in files:
            _take(Source(f"{section}.yaml", {}, {}), reading)
    if "catalog.yaml" not in files:
        remedy = "add it, with `product:` and `features:`"
        report.in_file("catalog.yaml", (1, 1), Problem("missing_file", "catalog.yaml is missing", remedy))
    broken = frozenset(_group(finding.file) for finding in report.findings)
    reading.overrides.unmet(report, broken)
    definitions = _definitions(reading)
    if reading.catalog is not None:  # without it every name would look unknown
        checks.run(definitions, reading.sources, report, check_template=check_template, broken=broken)
    return Loaded(definitions, tuple(sorted(report.findings)), files, environment)


def _turn(name: str) -> tuple[bool, bool, str]:
    """Overrides are read before what they override, and the catalogue before what names its groups."""
    return not name.startswith(f"{FOLDER}/"), name != "catalog.yaml", name


def _no_environment(files: Mapping[str, str], environment: str, report: Report) -> None:
    message = f"there is no environment {environment!r}"
    known = names_of(files)
    remedy = nearest(environment, known) if known else f"add {FOLDER}/{environment}.yaml"
    report.in_file(f"{FOLDER}/{environment}.yaml", (1, 1), Problem("unknown_environment", message, remedy))


def _group(file: str) -> str:
    """What kind of definition a file holds: "in-app", "plays", "templates", "catalog" …"""
    path = PurePosixPath(file)
    return path.parts[0] if len(path.parts) > 1 else path.stem


def _definitions(reading: _Reading) -> Definitions:
    return Definitions(
        catalog=reading.catalog or Catalog(""),
        journey=reading.journey or Journey(),
        policy=reading.policy or Policy(),
        nudges=tuple(reading.nudges),
        plays=tuple(reading.plays),
        workshops=tuple(reading.workshops),
        templates=reading.templates,
        adoption=reading.adoption or Adoption(),
        coverage=reading.coverage,
    )


def _read_file(name: str, text: str, reading: _Reading) -> None:
    path = PurePosixPath(name)
    folder = path.parts[0] if len(path.parts) > 1 else ""
    if not is_storable(text):
        problem = Problem(
            "not_utf8", "the file holds characters that are no text", "save the file as UTF-8 text"
        )
        reading.report.in_file(name, (1, 1), problem)
        return
    if name not in SINGLE and FOLDERS.get(folder) != path.suffix:
        reading.report.in_file(name, (1, 1), _misplaced(path, folder, text))
        return
    try:
        if folder == "templates":
            _read_template(path, text, reading)
            return
        source = reading.sources[name] = _parsed(name, text)
    except YamlProblemError as error:
        reading.report.in_file(name, error.position, error.problem)
        return
    if not isinstance(source.data, dict):
        message = "the file is empty" if source.data is None else "the file holds no mapping"
        reading.report.in_file(
            name, (1, 1), Problem("empty_file", message, "write `key: value` lines, or delete it")
        )
        return
    _take(source, reading, text)


# What one file says does not depend on the others, so an edit to one of a thousand reads one.
_parsed = lru_cache(maxsize=KEPT)(read)


@lru_cache(maxsize=KEPT)
def _nudge(file: str, text: str) -> tuple[Nudge | None, tuple[Finding, ...]]:
    """A nudge whose file stands on its own, with what is wrong in it."""
    report = Report()
    return build_nudge(_parsed(file, text), report), tuple(report.findings)


def _take(source: Source, reading: _Reading, text: str | None = None) -> None:
    """A parsed file, with the overrides of the environment and the saved groups in it, to its reader."""
    parsed = source
    path = PurePosixPath(source.file)
    folder = path.parts[0] if len(path.parts) > 1 else ""
    if folder == FOLDER:
        _take_environment(source, path.stem, reading)
        return
    key = source.data.get("key") if folder else ""
    if isinstance(key, str):
        section = MANY.get(folder, path.stem)
        source = reading.overrides.laid(source, section, reading.report, key)
    reading.sources[source.file] = source
    if source.file == "catalog.yaml":
        reading.groups = groups_of(source.data)
    data = put_in(source.data, reading.groups.get)
    if folder == "in-app" and text is not None and source is parsed and data == source.data:
        made, findings = _nudge(source.file, text)
        reading.report.findings += [each for each in findings if each not in reading.report.findings]
        _keep("nudges", made, source, reading)
        return
    _READERS[folder or path.stem](replace(source, data=data), reading)


def _take_environment(source: Source, name: str, reading: _Reading) -> None:
    if is_sound(source, reading.report) and name == reading.environment:
        reading.overrides.source = source


def _misplaced(path: PurePosixPath, folder: str, text: str) -> Problem:
    if folder in FOLDERS:
        return Problem(
            "unknown_file", f"{path.name} is not read here", f"files in {folder}/ end in {FOLDERS[folder]}"
        )
    home = next((where for where, line in _HOMES if line.search(text)), "") if not folder else ""
    if home:
        remedy = f"it looks like one of {home}/: move it there"
        return Problem("unknown_file", f"{path} is not read here", remedy)
    close = difflib.get_close_matches(path.parts[0], [*SINGLE, *FOLDERS], n=1, cutoff=0.6)
    known = ", ".join([*SINGLE, *(f"{folder}/" for folder in FOLDERS)])
    remedy = f"did you mean {close[0]}" if close else f"known: {known}"
    return Problem("unknown_file", f"{path} is no definition file", remedy)


def _read_template(path: PurePosixPath, text: str, reading: _Reading) -> None:
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        remedy = "start the file with ---, `subject: …`, ---"
        reading.report.in_file(
            str(path), (1, 1), Problem("no_front_matter", "the template has no subject", remedy)
        )
        return
    end = next(index for index, line in enumerate(lines[1:], 1) if line.strip() == "---")
    source = read(str(path), "\n".join(lines[1:end]) + "\n", first_line=2)
    blank = next((index for index, line in enumerate(lines[end + 1 :]) if line.strip()), 0)
    marks = {**source.marks, (): (1, 1), ("body",): (end + 2 + blank, 1)}
    body = "\n".join(lines[end + 1 :]).strip() + "\n"
    source = replace(source, marks=marks)
    if reading.overrides.over(MANY["templates"], path.stem)[1] and "body" not in (source.data or {}):
        source = replace(source, data={**(source.data or {}), "body": body})
    source = reading.overrides.laid(source, MANY["templates"], reading.report, path.stem)
    reading.sources[str(path)] = source
    if not body.strip():
        reading.report.error(
            source, ("body",), "empty_text", "the template has no text", "write it below the ---"
        )
    if path.stem in reading.templates:
        message = f"a template {path.stem!r} already stands in {reading.templates[path.stem].source}"
        reading.report.error(source, (), "duplicate_key", message, "rename one of the files")
        return
    template = build.build_template(path.stem, source, body, reading.report)
    if template is not None:
        reading.templates[path.stem] = template


def _single(attribute: str, builder: Callable[[Source, Report], Any]) -> Callable[[Source, _Reading], None]:
    def take(source: Source, reading: _Reading) -> None:
        setattr(reading, attribute, builder(source, reading.report))

    return take


def _many(attribute: str, builder: Callable[[Source, Report], Any]) -> Callable[[Source, _Reading], None]:
    def take(source: Source, reading: _Reading) -> None:
        _keep(attribute, builder(source, reading.report), source, reading)

    return take


def _keep(attribute: str, made: Any, source: Source, reading: _Reading) -> None:
    """Add what was built, unless its key is taken."""
    if made is None:
        return
    first = reading.places.setdefault((attribute, made.key), made.source)
    if first != made.source:
        message = f"the key {made.key!r} already stands in {first}"
        reading.report.error(source, ("key",), "duplicate_key", message, "choose another key")
        return
    getattr(reading, attribute).append(made)


_READERS: Mapping[str, Callable[[Source, _Reading], None]] = {
    "catalog": _single("catalog", build.build_catalog),
    "journey": _single("journey", build.build_journey),
    "policy": _single("policy", build_policy),
    "adoption": _single("adoption", build_adoption),
    "coverage": _single("coverage", build_coverage),
    "in-app": _many("nudges", build_nudge),
    "plays": _many("plays", build_play),
    "workshops": _many("workshops", build_workshop),
}
