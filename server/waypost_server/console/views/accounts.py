"""Accounts: the list, and one account whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for

from waypost_server.console import account_story, charts, cursors, evidence, words
from waypost_server.console.access import login, needs, runtime
from waypost_server.console.titles import titles
from waypost_server.console.views.start_play import startable
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.motion import motions_of
from waypost_server.services.adoption_report import AccountReport, account_report
from waypost_server.services.contact import Contact, log_contact
from waypost_server.store import (
    account_owners,
    console_users,
    motion_overrides,
    reports_accounts,
    reports_deliveries,
    reports_plays,
    reports_usage,
)

WEEKS = 12
LONG = 30
PAGE = 30
PEOPLE = 200


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/accounts", "accounts", accounts)
    blueprint.add_url_rule("/accounts/<ref:account_id>", "account", account)
    blueprint.add_url_rule(
        "/accounts/<ref:account_id>/contact", "account_contact", needs("csm")(contact), methods=["POST"]
    )


def accounts() -> str:
    """Accounts by name or last activity, narrowed by the filters in the URL."""
    who, given = login(), request.args
    chosen, sort = asked()
    with runtime().db.read() as session:
        rows = reports_accounts.page(
            session, who.workspace_id, chosen, sort=sort, after=_after(sort), limit=PAGE + 1
        )
        rows, more = cursors.split(rows, PAGE)
        ids = [row.id for row in rows]
        live = runtime().releases.live(session, who.workspace_id)
        values: dict[str, Any] = {
            "users": reports_accounts.users_of(session, who.workspace_id, ids),
            "milestones": reports_accounts.milestones_of(session, who.workspace_id, ids),
            "signals": reports_accounts.signals_of(session, who.workspace_id, ids),
            "count": reports_accounts.count(session, who.workspace_id, chosen),
            "choices": reports_accounts.choices(session, who.workspace_id),
            "owners": console_users.names(session, who.workspace_id),
        }
        series = reports_usage.weekly(session, who.workspace_id, ids, last_day=words.today(), weeks=WEEKS)
    kept: dict[str, Any] = {
        "q": chosen.text,
        "segment": chosen.segment,
        "motion": chosen.motion,
        "owner": chosen.owner,
        "signal": "open" if chosen.signal else None,
        "sort": sort if sort != "name" else None,
    }
    return render_template(
        "console/accounts.html",
        rows=rows,
        chosen=chosen,
        sort=sort,
        kept=kept,
        is_filtered=any(value for name, value in kept.items() if name != "sort"),
        milestone_total=len(live.definitions.journey.milestones) if live else 0,
        sparks={account_id: _spark(counts) for account_id, counts in series.items()},
        tags={kind: evidence.TAGS.get(kind, words.sentence(kind)) for kind in _kinds(values["signals"])},
        tones=evidence.TONES,
        whole=url_for("console.accounts_file", **kept),
        older=url_for("console.accounts", after=_cursor(sort, rows[-1]), **kept) if more else None,
        first=url_for("console.accounts", **kept) if given.get("after") else None,
        **values,
    )


def asked() -> tuple[reports_accounts.Filter, str]:
    """The filters and the order in the URL."""
    given = request.args
    chosen = reports_accounts.Filter(
        segment=given.get("segment") or None,
        motion=given.get("motion") or None,
        owner=given.get("owner") or None,
        text=given.get("q", "").strip()[:200].replace("\x00", "") or None,
        signal=given.get("signal") == "open",
    )
    return chosen, given["sort"] if given.get("sort") in reports_accounts.SORTS else "name"


def account(account_id: str) -> str:
    """Everything known about one account."""
    who, last_day = login(), words.today()
    with runtime().db.read() as session:
        row = reports_accounts.one(session, who.workspace_id, account_id)
        if row is None:
            abort(404)
        live = runtime().releases.live(session, who.workspace_id)
        key = (session, who.workspace_id, account_id)
        people = reports_accounts.people(*key, limit=PEOPLE + 1)
        states = reports_accounts.milestones(*key)
        signals = reports_accounts.signals(*key)
        totals = reports_usage.by_feature(*key)
        recent = reports_usage.recent_by_feature(*key, last_day=last_day)
        roles = reports_usage.weekly_by_role(*key, last_day=last_day, weeks=26)
        core = [each.key for each in live.definitions.catalog.features if each.core] if live else []
        series = reports_usage.weekly(
            session, who.workspace_id, [account_id], last_day=last_day, weeks=LONG, features=core
        )[account_id]
        runs = reports_plays.runs(session, who.workspace_id, account_id=account_id, limit=15)
        deliveries = reports_deliveries.page(session, who.workspace_id, account_id=account_id, limit=15)
        tasks = reports_accounts.tasks(*key)
        touches = reports_accounts.touches(*key)
        said = motion_overrides.history(*key, limit=15)
        reactions = reports_accounts.reactions(*key)
        named = account_owners.history(*key, limit=15)
        everybody = console_users.page(session, who.workspace_id, limit=1000)
        adoption = account_report(session, runtime(), row.Account, states) if live else None
    owners = {each.id: each.name for each in everybody}
    definitions = live.definitions if live else None
    called = titles(definitions)
    story = account_story.timeline(
        signals=signals,
        runs=runs,
        deliveries=deliveries,
        tasks=tasks,
        touches=touches,
        reactions=reactions,
        titles=called,
        told=[*account_story.motions(said, owners), *account_story.owners(named, owners)],
    )
    open_signals = [each for each in signals if each.state == "open"]
    return render_template(
        "console/account.html",
        account=row.Account,
        contact_id=runtime().new_id(),
        start_id=runtime().new_id(),
        startable=startable(definitions),
        contact_channels=account_story.CHANNELS,
        word=next((each for each in said if each.ended_at is None), None),
        motions=motions_of(definitions.catalog) if definitions else (),
        tomorrow=last_day + timedelta(days=1),
        owner_name=row.owner_name,
        owners=owners,
        team=[each for each in everybody if each.disabled_at is None],
        usage=_usage(row.Account, series, open_signals, last_day),
        series=series,
        last_day=last_day,
        features=account_story.features(definitions, totals, recent),
        milestones=account_story.milestones(definitions, row.Account, states, last_day),
        people=people[:PEOPLE],
        people_more=len(people) > PEOPLE,
        people_by_role=account_story.by_role(people[:PEOPLE], definitions),
        roles=[
            (role, counts, _spark(counts, area=True)) for role, counts in sorted(roles.items(), key=_busiest)
        ],
        signals=[(each, evidence.read(each.kind, each.evidence)) for each in signals],
        runs=runs,
        titles=called,
        deliveries=deliveries,
        tasks=tasks,
        story=story,
        adoption=adoption,
        served=_served(adoption, definitions),
        traits=sorted(row.Account.traits.items())[:60],
    )


def contact(account_id: str) -> Response:
    """Log a contact with somebody of the account; the form's own id makes a second press harmless."""
    form = request.form
    wanted = Contact(
        form.get("id", "")[:128],
        account_id,
        form.get("channel", ""),
        form.get("user", ""),
        note=form.get("note", ""),
    )
    log_contact(runtime(), login().workspace_id, wanted, actor=login().user_id)
    flash("Contact logged. It counts as a touch, like any message.")
    return redirect(url_for("console.account", account_id=account_id))  # type: ignore[return-value]


def _served(adoption: AccountReport | None, definitions: Definitions | None) -> list[tuple[str, str, str]]:
    """Kind, key and title of what is made for the next best step."""
    if adoption is None or adoption.next_step is None or definitions is None:
        return []
    titles = {f"nudge:{each.key}": each.title for each in definitions.nudges}
    titles |= {f"play:{each.key}": each.title for each in definitions.plays}
    return [
        (kind, key, titles[f"{kind}:{key}"])
        for kind, _, key in (name.partition(":") for name in adoption.next_step.served_by)
    ]


def _usage(account: Any, series: list[int], signals: list[Any], last_day: date) -> dict[str, Any]:
    """The chart with its finding as title: the open decay, or a plain comparison with the weeks before."""
    decay = next((each for each in signals if each.kind == "usage_decay"), None)
    if not any(series):
        return {"title": "No use in the last 30 weeks", "words": "", "chart": None}
    if decay is not None:
        reading = evidence.read(decay.kind, decay.evidence)
        shown = reading.series or series
        chart = charts.Trend(shown, last_day, reading.usual, reading.recent, now=reading.now)
        return {"title": reading.title, "words": reading.words, "chart": _drawn(chart, reading.title)}
    title, told, usual = account_story.finding(series)
    return {"title": title, "words": told, "chart": _drawn(charts.Trend(series, last_day, usual), title)}


def _drawn(chart: charts.Trend, title: str) -> Any:
    return charts.trend(
        chart, f"{title}. Active user-days a week, {len(chart.values)} weeks; numbers in the table."
    )


def _spark(counts: list[int], area: bool = False) -> Any:
    label = f"{len(counts)} weeks of use, {counts[0]} to {counts[-1]} user-days a week" if counts else ""
    fallen = len(counts) >= 12 and sum(counts[-4:]) * 2 < sum(counts[:-4]) / (len(counts) - 4) * 4
    return charts.spark(
        counts,
        width=236 if area else 96,
        tone="problem" if fallen else "accent" if area else "",
        label=label,
        area=area,
    )


def _busiest(entry: tuple[str, list[int]]) -> tuple[int, str]:
    return -sum(entry[1]), entry[0]


def _kinds(signals: dict[str, list[Any]]) -> set[str]:
    return {each.kind for rows in signals.values() for each in rows}


def _after(sort: str) -> tuple[Any, str] | None:
    given = cursors.read(request.args.get("after"), str, str)
    if given is None:
        return None
    if sort == "name":
        return given[0], given[1]
    try:
        return date.fromisoformat(given[0]), given[1]
    except ValueError:
        return None


def place(sort: str, row: Any) -> tuple[Any, str]:
    """Where the list goes on after this row."""
    return row.key if sort == "name" else row.last_day or row.first_day, row.id


def _cursor(sort: str, row: Any) -> str:
    at, account_id = place(sort, row)
    return cursors.write(at if sort == "name" else at.isoformat(), account_id)
