"""environments/<name>.yaml: what one environment sets otherwise than the other files say.

A release keeps every file as it was written and the name of its environment; the overrides are laid over the
data each time the files are read, before anything is built from them. So one folder feeds several workspaces,
and what comes back from a release is the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from marshmallow import fields

from .build_adoption import AdoptionSchema
from .coverage_file import CoverageSchema
from .fields import Key
from .findings import Position, Report, Source, Where
from .nested import MapOf, Schema, nearest, validate
from .schemas import CatalogSchema, JourneySchema, PolicySchema
from .strict_yaml import YamlProblemError, read

FOLDER = "environments"
MANY: Mapping[str, str] = {  # folder → section
    "in-app": "nudges",
    "plays": "plays",
    "templates": "templates",
    "workshops": "workshops",
}
SINGLE: Mapping[str, type[Schema]] = {  # section, which is the file's name too → its shape
    "catalog": CatalogSchema,
    "journey": JourneySchema,
    "policy": PolicySchema,
    "adoption": AdoptionSchema,
    "coverage": CoverageSchema,
}
# A condition says what it says as a whole: half of one and half of another would be a third.
_WHOLE = frozenset({"audience", "when", "skip_when"})
_FIXED = frozenset(
    {"key", "cases"}
)  # the name of a definition, and the examples of the definition as written
_JUDGED = frozenset({"audience", "goal"})  # what a case looks at


class EnvironmentSchema(Schema):
    """One section for each kind of file; in it the keys of definitions, and what is set otherwise in them."""

    nudges = MapOf(MapOf(fields.Raw(allow_none=True)), keys=Key())
    plays = MapOf(MapOf(fields.Raw(allow_none=True)), keys=Key())
    templates = MapOf(MapOf(fields.Raw(allow_none=True)), keys=Key())
    workshops = MapOf(MapOf(fields.Raw(allow_none=True)), keys=Key())
    catalog = MapOf(fields.Raw(allow_none=True))
    journey = MapOf(fields.Raw(allow_none=True))
    policy = MapOf(fields.Raw(allow_none=True))
    adoption = MapOf(fields.Raw(allow_none=True))
    coverage = MapOf(fields.Raw(allow_none=True))


def names_of(files: Mapping[str, str]) -> tuple[str, ...]:
    """The environments a set of files describes, in order."""
    paths = (PurePosixPath(name) for name in files)
    return tuple(sorted(path.stem for path in paths if path.parts[0] == FOLDER and path.suffix == ".yaml"))


@dataclass(slots=True)
class Overrides:
    """What the chosen environment sets otherwise, and which definitions it has found so far."""

    source: Source = field(default_factory=lambda: Source("", {}, {}))
    met: set[tuple[str, str]] = field(default_factory=set)

    def over(self, section: str, key: str = "") -> tuple[Where, dict[str, Any]]:
        """Where the lines for one definition (or one single file) stand, and what they say."""
        where = (section, key) if key else (section,)
        said: Any = self.source.data
        for part in where:
            said = said.get(part) if isinstance(said, dict) else None
        return where, said if isinstance(said, dict) else {}

    def laid(self, base: Source, section: str, report: Report, key: str = "") -> Source:
        """A file's source with the overrides in it; each value knows the file it came from."""
        self.met.add((section, key))
        where, over = self.over(section, key)
        if not over or not isinstance(base.data, dict):
            return base
        if section in SINGLE:
            over = self._known(over, base, section, report)
        fixed = _FIXED & over.keys()
        for name in fixed:
            message = f"an environment cannot change {name}"
            report.error(self.source, (*where, name), "fixed_key", message, f"change it in {base.file}")
        over = {name: said for name, said in over.items() if name not in fixed}
        return self._merged(base, over, where)

    def unmet(self, report: Report, unread: frozenset[str]) -> None:
        """Report each definition named that no file holds. `unread` are folders that could not all be read."""
        for folder, section in MANY.items():
            known = sorted(key for kind, key in self.met if kind == section)
            for key in self.over(section)[1]:
                if (section, key) not in self.met and folder not in unread:
                    message = f"there is no {section[:-1]} {key!r} to override"
                    report.error(
                        self.source, (section, key), "nothing_to_override", message, nearest(key, known)
                    )

    def _known(self, over: dict[str, Any], base: Source, section: str, report: Report) -> dict[str, Any]:
        """Without entries (a feature, a milestone) that the file does not have: an override adds none."""
        shape = SINGLE[section]().fields
        kept = dict(over)
        for name, said in over.items():
            entries = shape.get(name)
            if not (isinstance(entries, MapOf) and isinstance(entries.keys, Key) and isinstance(said, dict)):
                continue
            there = base.data.get(name)
            known = tuple(there) if isinstance(there, dict) else ()
            for key in said.keys() - set(known):
                message = f"there is no {key!r} among the {name} of {base.file} to override"
                where = (section, name, key)
                report.error(self.source, where, "nothing_to_override", message, nearest(key, known))
            kept[name] = {key: each for key, each in said.items() if key in known}
        return kept

    def _merged(self, base: Source, over: dict[str, Any], where: Where) -> Source:
        marks, files = dict(base.marks), dict(base.files)
        for at in _replaced(base.data, over, ()):
            _forget(marks, at)
            for place, position in _below(self.source.marks, (*where, *at)):
                marks[(*at, *place)] = position
                files[(*at, *place)] = self.source.file
        data = merged(base.data, over)
        if "cases" in data and _JUDGED & over.keys():  # they are examples of what the environment replaces
            del data["cases"]
        return replace(base, data=data, marks=marks, files=files)


def merged(base: Any, over: Any) -> Any:
    """Mappings entry by entry; anything else, and a condition, is replaced."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return {**base, **{key: over[key] if key in _WHOLE else merged(base.get(key), over[key]) for key in over}}


def _replaced(base: Any, over: dict[str, Any], at: Where) -> Iterator[Where]:
    """The places where a value of the override stands after merging."""
    for key, said in over.items():
        there = base.get(key)
        if isinstance(said, dict) and isinstance(there, dict) and key not in _WHOLE:
            yield from _replaced(there, said, (*at, key))
        else:
            yield (*at, key)


def _forget(marks: dict[Where, Position], at: Where) -> None:
    for place in [place for place, _ in _below(marks, at)]:
        del marks[(*at, *place)]


def _below(marks: Mapping[Where, Position], at: Where) -> Iterator[tuple[Where, Position]]:
    """Every mark at or below a place, as seen from there."""
    for where, position in marks.items():
        if where[: len(at)] == at:
            yield where[len(at) :], position


def is_sound(source: Source, report: Report) -> bool:
    """Whether a file of environments/ has the shape of one; what is wrong with it is reported."""
    return validate(EnvironmentSchema, source.data, source, report) is not None


def overrides_in(files: Mapping[str, str], environment: str) -> Overrides:
    """The overrides of one environment; none where its file is missing or broken."""
    name = f"{FOLDER}/{environment}.yaml"
    try:
        source = read(name, files[name]) if environment and name in files else Source("", {}, {})
    except YamlProblemError:
        source = Source("", {}, {})
    return Overrides(source)
