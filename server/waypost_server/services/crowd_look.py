"""One condition on its way through the people of a workspace.

Facts of the account and the role settle most people, once for all accounts that are alike and a role. Of the
others, those of whom the condition reads the same are asked about once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from waypost_server.domain.conditions import BROWSER_ONLY, Compiled, getter
from waypost_server.domain.page import Page
from waypost_server.domain.partial import truth
from waypost_server.services import facts
from waypost_server.services.classify import paths_read
from waypost_server.services.crowd_facts import FAMILIES, RowFacts, cells_of
from waypost_server.store import crowd_rows
from waypost_server.store.crowd_rows import Cells, Row
from waypost_server.store.crowds import Member

if TYPE_CHECKING:  # it makes the looks
    from waypost_server.services.population import Population

KEPT = 200_000  # answers kept; they bound the memory
CLASSES = frozenset({"account.motion", "account.segment"})
_encode = msgspec.json.Encoder().encode


class Look:
    """Answers kept for one condition."""

    def __init__(self, population: Population, compiled: Compiled, page: Page | None) -> None:
        self.population = population
        self.compiled = compiled
        release = population.release
        of_accounts = {each.key for each in release.definitions.journey.milestones if each.scope == "account"}
        self.shared = frozenset(path for path in compiled.paths if _is_shared(path, of_accounts))
        self.of_account = self.shared - {"user.role"}
        self.of_page = frozenset(path for path in compiled.paths if path.partition(".")[0] in BROWSER_ONLY)
        self.page: facts.Values = {} if page is None else {"page": dict(page)}
        self.is_open = page is None and bool(self.of_page)  # the page may be any
        self.of_person = compiled.paths - self.of_account - self.of_page
        self.known = compiled.paths - self.of_page if self.is_open else compiled.paths
        self.families = {path.partition(".")[0] for path in self.of_person} | {"user"}
        cells = cells_of(release, self.of_person)
        is_told = self.families <= FAMILIES and not facts.wanted(release, self.of_person).variants
        self.is_quick = is_told and cells.joined <= crowd_rows.MOST
        self.cells = cells if self.is_quick else Cells()
        zone = population.zone()
        subject = facts.subject_of(population.runtime, population.workspace_id, "", "", zone)
        self.rows = RowFacts(self.cells, self.of_person, release, subject, zone)
        self.subject = subject
        self.likes = [getter(path) for path in sorted(self.of_account)]
        self.like: dict[str, bytes] = {}  # account → what the condition reads of it
        self.accounts: dict[bytes, facts.Values] = {b"": {}}  # one account of each kind
        self.roles: dict[tuple[bytes, str | None], str] = {}
        self.answers: dict[tuple[bytes, tuple[Any, ...]], bool] = {}

    def found(self, among: Sequence[Member] | None) -> Iterator[tuple[list[Member], int]]:
        """(who satisfies it, how many were looked at), part by part."""
        session = self.population.session
        if among is None:
            parts = crowd_rows.everybody(session, self.cells, self.subject)
        else:
            pairs = [member[:2] for member in among]
            parts = crowd_rows.some(session, self.cells, self.subject, pairs)
        for rows in parts:
            yield self._matching(rows), len(rows)

    def _matching(self, rows: Sequence[Row]) -> list[Member]:
        if self.of_account:
            self._read_accounts(rows)
        found, still_open = list[Row](), list[Row]()
        for row in rows:
            like = self.like[row[0]] if self.of_account else b""
            answer = self.roles.get((like, row[2])) or self._by_role(like, row[2])
            if answer == "true":
                found.append(row)
            elif answer == "unknown":
                still_open.append(row)
        found += self._asked(still_open) if self.is_quick else self._in_full(still_open)
        return [Member(*row[:3]) for row in found]

    def _read_accounts(self, rows: Sequence[Row]) -> None:
        missing = sorted({row[0] for row in rows if row[0] not in self.like})
        paths = self.of_account
        if paths & CLASSES:  # for accounts that nobody classified yet
            paths |= paths_read(self.population.release.definitions)
        read = self.population.account_facts(missing, paths) if missing else {}
        for account_id, values in read.items():
            like = _encode([get(values) for get in self.likes])
            self.like[account_id] = like
            self.accounts.setdefault(like, values)

    def _by_role(self, like: bytes, role: str | None) -> str:
        known = (
            self.shared if role is not None else self.of_account
        )  # without a role, a trait may stand for it
        known = known & self.known if self.is_open else known | self.of_page
        values = {**self.accounts[like], "user": {"role": role}, **self.page}
        answer = self.roles[(like, role)] = truth(self.compiled.node, values, known.__contains__)
        return answer

    def _holds(self, like: bytes, of_person: facts.Values) -> bool:
        """Whether it holds; on some page, where none is named."""
        values = self._over(like, of_person)
        if self.is_open:
            return truth(self.compiled.node, values, self.known.__contains__) != "false"
        return self.compiled.test(values)

    def _asked(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Those of whom it holds; whoever is like somebody before is not asked again."""
        likeness, answers = self.rows.likeness, self.answers
        for row in rows:
            slot = (self.like[row[0]] if self.of_account else b"", likeness(row))
            holds = answers.get(slot)
            if holds is None:
                if len(answers) >= KEPT:
                    answers.clear()
                holds = answers[slot] = self._holds(slot[0], self.rows.values(row))
            if holds:
                yield row

    def _in_full(self, rows: Sequence[Row]) -> Iterator[Row]:
        built = self.population.built([row[:2] for row in rows], self.of_person)
        for row, (_, values) in zip(rows, built, strict=True):
            like = self.like[row[0]] if self.of_account else b""
            if self._holds(like, values):
                yield row

    def _over(self, like: bytes, of_person: facts.Values) -> facts.Values:
        of_account = self.accounts[like]
        mine = {name: of_person[name] for name in self.families if name in of_person}
        values = {**of_account, **mine, **self.page}
        if "milestone" in self.families and "milestone" in of_account:
            values["milestone"] = {**of_account["milestone"], **of_person["milestone"]}
        return values


def _is_shared(path: str, milestones_of_accounts: set[str]) -> bool:
    """Whether everybody with the same account and role reads the same value."""
    family, _, rest = path.partition(".")
    if family == "milestone":
        return rest.partition(".")[0] in milestones_of_accounts
    return path == "user.role" or family in ("account", "account_usage", "role_usage", "peers", "signal")
