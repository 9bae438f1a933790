"""How the two databases spell the pieces of the statement that reads facts."""

from __future__ import annotations

from typing import Any


class Postgres:
    """How PostgreSQL spells it."""

    array = "json_build_array"
    group = "array_agg"
    week = "((day - date '2000-01-03') / 7)"  # weeks since a Monday
    number = "::float8"  # sums of bigint are numeric, which is slow; these are whole far below 2**53

    def name(self, name: str) -> str:
        return f"%({name})s"

    def time(self, name: str) -> str:
        return f"(%({name})s::timestamp at time zone 'UTC')"

    def day(self, name: str) -> str:
        return f"%({name})s::date"

    def moment(self, column: str) -> str:
        """Seconds since 1970, exact to the microsecond: written several times faster than a date."""
        return f"date_part('epoch', {column})"

    def list(self, name: str) -> str:
        return f"%({name})s::text[]"

    def text(self, name: str) -> str:
        return f"%({name})s::text"

    def stored(self, column: str) -> str:
        return column

    def written(self, column: str) -> str:
        """A day or a document as text."""
        return f"{column}::text"

    def among(self, column: str, name: str) -> str:
        return f"{column} = any({{{name}}})"

    def whole(self, parts: Any) -> str:
        return f"json_build_array({', '.join(parts)})::text"

    def account_usage(self, columns: str, since: str) -> str:
        """One index scan over people × features: the key has the person before the feature."""
        return (
            f"select feature, {columns} from usage_day"
            " where workspace_id = {ws} and account_id = {acc} and user_id = any(array(select user_id"
            " from membership where workspace_id = {ws} and account_id = {acc}))"
            f" and feature = any({{account_windows}}) and day > {{{since}}} group by feature"
        )


class Sqlite:
    """How SQLite spells it. `json(…)` keeps a nested array an array."""

    array = "json_array"
    group = "json_group_array"
    week = "(cast(julianday(day) - julianday('2000-01-03') as integer) / 7)"
    number = ""

    def name(self, name: str) -> str:
        return f":{name}"

    time = day = list = name

    def moment(self, column: str) -> str:
        return column

    def text(self, name: str) -> str:
        return f":{name}"

    def stored(self, column: str) -> str:
        return f"json({column})"

    def written(self, column: str) -> str:
        return column

    def among(self, column: str, name: str) -> str:
        return f"{column} in (select value from json_each({{{name}}}))"

    def whole(self, parts: Any) -> str:
        return f"json_array({', '.join(f'json({each})' for each in parts)})"

    def account_usage(self, columns: str, since: str) -> str:
        return (
            f"select feature, {columns} from usage_day"
            " where workspace_id = {ws} and account_id = {acc} and user_id in (select user_id"
            " from membership where workspace_id = {ws} and account_id = {acc})"
            " and feature in (select value from json_each({account_windows}))"
            f" and day > {{{since}}} group by feature"
        )


Dialect = Postgres | Sqlite
