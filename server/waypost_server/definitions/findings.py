"""What is wrong with a set of files: each finding names the place, the problem and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

Severity = Literal["error", "warning"]
Position = tuple[int, int]
Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to fix (error) or to think about (warning). Lines and columns start at 1."""

    file: str
    line: int
    column: int
    severity: Severity
    code: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        tail = f" — {self.remedy}" if self.remedy else ""
        return f"{self.file}:{self.line}: {self.severity} {self.code} {self.message}{tail}"

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem without its place: what a schema field reports, carried inside a marshmallow error."""

    code: str
    message: str
    remedy: str = ""


class TemplateCheck(Protocol):
    """What a template reads (`paths`), and why it cannot be used: message and remedy, at a line within it."""

    paths: frozenset[str]
    problem: tuple[str, str] | None
    line: int


class TemplateChecker(Protocol):
    """Parses a template and renders it for `facts_for(paths)`. Passed in: rendering is a channel's business.
    What was checked is remembered by it, so it can be hashed."""

    def __hash__(self) -> int: ...

    def __call__(
        self, source: str, facts_for: Callable[[frozenset[str]], Mapping[str, Any]], /
    ) -> TemplateCheck: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: plain data, and where each value stands. `files` names the file of a value that an
    environment has put in."""

    file: str
    data: Any
    marks: Mapping[Where, Position]
    files: Mapping[Where, str] = field(default_factory=dict)

    def position(self, where: Where) -> Position:
        """Line and column of the value at `where`, or of the nearest thing around it."""
        return self.marks.get(self._nearest(where), (1, 1))

    def file_of(self, where: Where) -> str:
        """The file in which the value at `where` stands."""
        return self.files.get(self._nearest(where), self.file)

    def at(self, where: Where) -> str:
        """The place of a definition in its own file, as text: "in-app/halfway.yaml:3"."""
        while where and self.file_of(where) != self.file:
            where = where[:-1]
        return f"{self.file}:{self.position(where)[0]}"

    def _nearest(self, where: Where) -> Where:
        while where and where not in self.marks:
            where = where[:-1]
        return where


@dataclass(slots=True)
class Report:
    """Collects findings, so that one run names everything that is wrong."""

    findings: list[Finding] = field(default_factory=list)

    def error(self, source: Source, where: Where, code: str, message: str, remedy: str = "") -> None:
        """Something that must be fixed before publishing."""
        self._add("error", source, where, Problem(code, message, remedy))

    def warning(self, source: Source, where: Where, code: str, message: str, remedy: str = "") -> None:
        """Something worth a thought."""
        self._add("warning", source, where, Problem(code, message, remedy))

    def problem(self, source: Source, where: Where, problem: Problem) -> None:
        """An error as a schema field reports it."""
        self._add("error", source, where, problem)

    def in_file(self, file: str, position: Position, problem: Problem) -> None:
        """An error in a file that could not be parsed."""
        self.findings.append(Finding(file, *position, "error", problem.code, problem.message, problem.remedy))

    def _add(self, severity: Severity, source: Source, where: Where, problem: Problem) -> None:
        line, column = source.position(where)
        found = Finding(
            source.file_of(where), line, column, severity, problem.code, problem.message, problem.remedy
        )
        if found not in self.findings:
            self.findings.append(found)
