"""The parts of a decision's statement that tell the past: offers, reactions, grants, touches, consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from waypost_server.store.fact_dialects import Dialect

if TYPE_CHECKING:  # the statement is put together there, from these parts
    from waypost_server.store.facts import AccountCap, Wanted

PERSON_TOUCHES = 500  # rows read at most; more touches in one window than any cap allows
WORDS = 200  # showings looked through for the latest words
ANSWERS = 500  # answers of one person looked through for the latest
_MOMENTS = frozenset(
    {"at", "claimed_at", "first_at", "last_at", "opened_at", "reached_at", "shown_at", "snoozed", "until"}
)
LIVE = (  # an offer that counts: not lapsed, not waiting in vain, not missing its anchor
    "state <> 'lapsed' and not (state = 'claimed' and claimed_at <= {stale})"
    " and not (shown_at is null and reaction is not null and reaction = 'anchor_missing')"
)
_NOT_STALE = (  # the touch of a claim that was never painted is not spent
    "not exists (select 1 from offer o where o.workspace_id = {ws} and t.id like 'offer:%%' and"
    " o.id = substr(t.id, 7) and o.state = 'claimed' and o.claimed_at <= {stale})"
)


def parts(dialect: Dialect, wanted: Wanted) -> Mapping[str, str]:
    """A scalar expression by part."""
    rows = rows_of(dialect)
    mine = "workspace_id = {ws} and user_id = {user}"
    windows = "".join(
        f", count(*) filter (where claimed_at > {{window_{i}}}) as w{i}" for i in range(len(wanted.windows))
    )
    names = "".join(f", w{i}" for i in range(len(wanted.windows)))
    first, named = "", ""
    if wanted.counted_goals:
        first, named = ", min(claimed_at) first_at, min(goal_base) base", ", first_at, base"
    parts = {
        "offers": rows(
            f"nudge, n, last_at, dismissed, snoozed, never{names}{named}",
            f"(select nudge, count(*) n, max(claimed_at) last_at{first},"
            " count(*) filter (where reaction = 'dismissed') dismissed,"
            " max(snoozed_until) filter (where snoozed_until > {now}) snoozed,"
            f" count(*) filter (where reaction = 'never_again') never{windows}"
            f" from offer where {mine} and {LIVE} group by nudge) w",
        ),
        "open": rows("nudge, id, claim_id, state, claimed_at, shown_at",
                     f"offer where {mine} and state in ('claimed', 'shown') and claimed_at > {{open_since}}"),
    }  # fmt: skip
    if wanted.grants:
        parts["grants"] = rows(
            f"nudge, run_id, {dialect.stored('roles')}, until",
            "nudge_grant where workspace_id = {ws} and account_id = {acc} and user_id in ('', {user})"
            " and until > {now}",
        )
        parts["muted"] = (
            f"(select {dialect.array}(count(*)) from task where workspace_id = {{ws}} and account_id = {{acc}}"
            " and mute_digital and state in ('open', 'acknowledged', 'snoozed'))"
        )
    if wanted.nudges:
        parts["reactions"] = rows(
            "nudge, reaction, n",
            "(select nudge, reaction, count(distinct offer_id) n from interaction"
            f" where {mine} and {dialect.among('nudge', 'nudges')} group by nudge, reaction) w",
        )
    if wanted.week_features:
        parts["weeks"] = rows(
            "feature, day",
            "usage_day where workspace_id = {ws} and account_id = {acc} and user_id = {user}"
            f" and {dialect.among('feature', 'week_features')} and day > {{weeks}}",
        )
    if wanted.awaited:
        parts["reached"] = rows(
            "nudge, reaction, at",
            "(select nudge, reaction, min(at) at from interaction"
            f" where {mine} and {dialect.among('nudge', 'awaited')} group by nudge, reaction) w",
        )
    parts["consent"] = rows(
        "channel, topic, allowed, at", f"consent where {mine} and channel in ('in_app', 'all')"
    )
    return {**parts, **_touches(dialect, wanted)}


def told(dialect: Dialect, wanted: Wanted) -> Mapping[str, str]:
    """Which words of nudges the person saw, and what they answered to surveys: the newest first."""
    rows, mine, parts = rows_of(dialect), "workspace_id = {ws} and user_id = {user}", {}
    if wanted.variants:
        parts["variants"] = rows(
            "nudge, variant",
            f"(select nudge, variant from offer where {mine} and shown_at is not null"
            f" and {dialect.among('nudge', 'variants')} order by shown_at desc, id desc limit {WORDS}) w",
        )
    if wanted.surveys:
        parts["surveys"] = rows(
            "nudge, question, message_id, place, value_number, option, at",
            "(select nudge, question, message_id, place, value_number, substr(value_text, 1, 64) as option, at"
            f" from survey_answer where {mine} and {dialect.among('nudge', 'surveys')}"
            f" and {dialect.among('question', 'survey_questions')}"
            f" order by at desc, message_id desc, question, place limit {ANSWERS}) w",
        )
    return parts


def _touches(dialect: Dialect, wanted: Wanted) -> Mapping[str, str]:
    rows = rows_of(dialect)
    parts = {}
    if wanted.person_seconds:
        parts["person_touches"] = rows(
            "id, at, kind, channel, user_id, account_id",
            "(select * from touch where workspace_id = {ws} and user_id = {user} and at > {person_since}"
            f" order by at desc limit {PERSON_TOUCHES}) w",
        )
    for i, cap in enumerate(wanted.account_caps):
        matching = "".join(
            f" and {dialect.among({'kinds': 'kind', 'channels': 'channel'}[name], f'cap_{i}_{name}')}"
            for name in filters(cap)
        )
        parts[f"account_touches_{i}"] = rows(
            "id, at, kind, channel, user_id, account_id",
            "(select * from touch t where workspace_id = {ws} and account_id = {acc} and account_id <> ''"
            f" and at > {{cap_{i}_since}} and kind <> 'transactional'{matching} and {_NOT_STALE}"
            f" order by at desc limit {max(cap.max, 1)}) w",
        )
    return parts


def filters(cap: AccountCap) -> dict[str, tuple[str, ...]]:
    return {
        name: given for name, given in (("kinds", cap.kinds), ("channels", cap.channels)) if given is not None
    }


def rows_of(dialect: Dialect) -> Any:
    """Tables travel as columns: PostgreSQL looks up how to write a type once an array, not once a value."""

    def rows(columns: str, source: str) -> str:
        written = (dialect.moment(each) if each in _MOMENTS else each for each in columns.split(", "))
        parts = ", ".join(f"{dialect.group}({each})" for each in written)
        return f"(select {dialect.array}({parts}) from {source})"

    return rows
