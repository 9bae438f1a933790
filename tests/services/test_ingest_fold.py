"""State is a fold of the log: any order, split or repetition of the same events ends the same."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DataError

from tests.builders import WORKSPACE, Clock, CountingDoorbell, add_workspace, make_event, make_runtime
from waypost_server.domain.events import Envelope
from waypost_server.services import fold_users
from waypost_server.services.ingest import Intake, Receipt, ingest, store
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import plan_of
from waypost_server.services.ingest_read import read_batch
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, ConsoleUser

SERVER = Sender(WORKSPACE, "server")
CATALOG = """
product: Acme
features:
  report: {title: Report, events: [Report Made], pages: [Reports]}
  share: {title: Share, events: [Report Shared]}
segments:
  large: {title: Large, when: {account.plan: enterprise}}
  small: {title: Small, when: {}}
motions:
  strategic: {when: {account.segment: large}}
"""
JOURNEY = """
milestones:
  first: {title: First, scope: user, steps: [{key: make, title: M, feature: report}, {key: share, title: S, feature: share}]}
  habit: {title: Habit, scope: user, steps: [{key: make, title: M, feature: report, count: 3}]}
  rollout:
    title: Rollout
    scope: account
    steps: [{key: make, title: M, feature: report, count: 4}, {key: share, title: S, feature: share}]
"""  # noqa: E501 - one milestone a line
STATE = {
    "usage_day": "account_id, user_id, feature, day, count",
    "usage_total": "account_id, user_id, feature, first_at, last_at, total",
    "milestone_state": "account_id, user_id, milestone, done, total, steps, started_at, reached_at",
    "end_user": "id, email, name, locale, timezone, traits, traits_at, trust, first_day, last_day",
    "membership": "account_id, user_id, role, role_at, first_day, last_day",
    "account": "id, name, traits, traits_at, segment, motion, owner, renewal_on, first_day, last_day",
    "event": "account_id, user_id, message_id, type, name, feature, ts",
}


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A workspace with a release, on each database."""
    add_workspace(database, timezone="America/New_York")
    runtime = make_runtime(database)
    publish(runtime, WORKSPACE, {"catalog.yaml": CATALOG, "journey.yaml": JOURNEY}, author="tests")
    with database.write() as session:
        session.add(
            ConsoleUser(
                workspace_id=WORKSPACE,
                id="csm-1",
                email="Jo@Example.com",
                name="Jo",
                role="csm",
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    return runtime


def send(runtime: Runtime, *events: Any, sender: Sender = SERVER) -> Receipt:
    """Ingest a batch that came now."""
    return ingest(runtime, sender, events, Envelope(received_at=runtime.clock()))


def state(database: Database, *tables: str) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every state table, as comparable text."""
    with database.read() as session:
        return {
            table: sorted(
                tuple(str(value) for value in row)
                for row in session.execute(text(f"select {STATE[table]} from {table}"))
            )
            for table in tables or STATE
        }


def clear(database: Database) -> None:
    """Forget everything that came in."""
    with database.write() as session:
        for table in (*STATE, "event_key", "ingest_day", "quarantine"):
            session.execute(text(f"delete from {table}"))


START = datetime(2026, 11, 1, tzinfo=UTC)
moments = st.integers(0, 60 * 24 * 21).map(lambda minutes: (START + timedelta(minutes=minutes)).isoformat())
users, accounts = st.sampled_from(["u1", "u2", "u3"]), st.sampled_from(["acme", "beta"])
traits = st.dictionaries(
    st.sampled_from(["plan", "email", "name", "csm", "seats", "renewal_on", "role"]),
    st.sampled_from(["enterprise", "growth", "jo@example.com", "2027-01-31", 7, None]),
    max_size=3,
)
events = st.one_of(
    st.builds(
        lambda user, account, at, name: {
            "type": "track", "event": name, "userId": user, "timestamp": at, "context": {"groupId": account}
        },
        users, accounts, moments, st.sampled_from(["Report Made", "Report Shared", "Other"]),
    ),
    st.builds(
        lambda user, account, at, said: {
            "type": "identify", "userId": user, "timestamp": at, "traits": said,
            "context": {"groupId": account} if account else {},
        },
        users, st.one_of(st.none(), accounts), moments, traits,
    ),
    st.builds(
        lambda user, account, at, said: {
            "type": "group", "userId": user, "groupId": account, "timestamp": at, "traits": said
        },
        users, accounts, moments, traits,
    ),
)  # fmt: skip


def has_account(event: dict[str, Any]) -> bool:
    """An event without an account goes to the one its user was last in, which depends on the past."""
    return event["type"] == "group" or "groupId" in event["context"]


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(log=st.lists(events.filter(has_account), min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_order_split_and_repetition_do_not_matter(
    runtime: Runtime, log: list[dict[str, Any]], seed: int
) -> None:
    """Every table of state is equal to the one after a single batch in order."""
    numbered = [{**event, "messageId": f"m{number}"} for number, event in enumerate(log)]
    clear(runtime.db)
    send(runtime, *numbered)
    expected = state(runtime.db)
    dice = random.Random(seed)
    shuffled = numbered + dice.sample(numbered, len(numbered) // 3)
    dice.shuffle(shuffled)
    clear(runtime.db)
    while shuffled:
        size = dice.randint(1, 12)
        send(runtime, *shuffled[:size])
        del shuffled[:size]
    assert state(runtime.db) == expected


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(log=st.lists(events.filter(has_account), min_size=1, max_size=30), seed=st.integers(0, 2**32))
def test_batches_that_share_a_transaction_end_as_if_each_had_its_own(
    runtime: Runtime, log: list[dict[str, Any]], seed: int
) -> None:
    """Also when they bring the same events: one of them has each event accepted, the others a duplicate."""
    numbered = [{**event, "messageId": f"m{number}"} for number, event in enumerate(log)]
    clear(runtime.db)
    send(runtime, *numbered)
    expected = state(runtime.db)
    dice = random.Random(seed)
    clear(runtime.db)
    intakes = [intake(runtime, dice.sample(numbered, dice.randint(1, len(numbered)))) for _ in range(4)]
    stored = store([*intakes, intake(runtime, [*numbered, "not an event"])])
    assert sum(each.accepted for each in stored) == len(numbered)
    assert state(runtime.db) == expected
    with runtime.db.read() as session:
        counted = session.execute(
            text("select sum(accepted), sum(duplicate), sum(quarantined) from ingest_day")
        ).one()
    brought = sum(each.weight for each in intakes)
    assert tuple(counted) == (len(numbered), brought, 1)


def test_an_event_the_database_refuses_costs_only_its_own_batch_the_shared_transaction(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are stored, and so is what is left of its own."""
    real = fold_users.fold

    def refuse(session: Any, sender: Sender, fresh: Any) -> None:
        if any(each.message_id == "bad" for each in fresh):
            raise DataError("no", {}, Exception())
        real(session, sender, fresh)

    monkeypatch.setattr(fold_users, "fold", refuse)
    good, mixed = (
        intake(runtime, [make_event(type="identify", messageId=key) for key in keys])
        for keys in (["a", "b"], ["bad", "c"])
    )
    with pytest.raises(DataError):
        store([good, mixed])
    assert [each.accepted for each in store([good]) + store([mixed])] == [2, 1]
    assert [row[2] for row in state(runtime.db, "event")["event"]] == ["a", "b", "c"]


def intake(runtime: Runtime, batch: list[Any]) -> Intake:
    """A batch that came now, read."""
    envelope = Envelope(received_at=runtime.clock())
    reading = read_batch(batch, envelope, runtime.new_id, None)
    return Intake(runtime, SERVER, plan_of(runtime, WORKSPACE), reading, envelope)


def test_both_databases_hold_the_same(sqlite_url: str, postgres_url: str) -> None:
    """One long mixed log gives equal verdicts and equal state on SQLite and PostgreSQL."""
    from waypost_server.store.database import open_engine

    dice = random.Random(7)
    log = [
        {
            "type": dice.choice(["track", "track", "track", "identify", "group", "page", "nothing"]),
            "messageId": f"m{number}",
            "event": dice.choice(["Report Made", "Report Shared", "Other"]),
            "name": "Reports",
            "userId": dice.choice(["u1", "u2", "Ünü", "null", None]),
            "anonymousId": "a1",
            "groupId": "acme",
            "context": {"groupId": dice.choice(["acme", "Beta", "été", None])},
            "traits": {"plan": dice.choice(["enterprise", "growth", None]), "role": dice.choice("ab")},
            "timestamp": (START + timedelta(minutes=dice.randint(0, 30_000))).isoformat(),
        }
        for number in range(300)
    ]
    found = []
    for url in (sqlite_url, postgres_url):
        engine = open_engine(url)
        database = Database(engine)
        add_workspace(database)
        runtime = make_runtime(database)
        publish(runtime, WORKSPACE, {"catalog.yaml": CATALOG, "journey.yaml": JOURNEY}, author="tests")
        receipts = [send(runtime, *log[start : start + 50]) for start in range(0, 300, 50)]
        found.append((receipts, normal(state(database))))
        engine.dispose()
    assert found[0] == found[1]


def normal(tables: dict[str, list[tuple[str, ...]]]) -> dict[str, list[tuple[str, ...]]]:
    """Times and JSON spelled alike."""
    spell = str.maketrans("", "", " '\"")
    return {
        table: sorted(
            tuple(value.removesuffix("+00:00").removesuffix(".000000").translate(spell) for value in row)
            for row in rows
        )
        for table, rows in tables.items()
    }


def test_what_was_answered_can_be_read_at_once(runtime: Runtime) -> None:
    """Usage, milestones, people, membership, role and the account's class stand in one transaction."""
    receipt = send(
        runtime,
        make_event(type="group", groupId="acme", traits={"name": "Acme", "plan": "enterprise",
                   "csm": "jo@example.COM", "renewal_on": "2027-03-01"}),
        make_event(type="identify", traits={"email": "a@x.test", "firstName": "Ada", "role": "admin"}),
        make_event(event="Report Made"),
        make_event(event="Report Shared"),
    )  # fmt: skip
    assert (receipt.accepted, receipt.duplicate, receipt.rejected) == (4, 0, ())
    with runtime.db.read() as session:
        account = session.get(Account, (WORKSPACE, "acme"))
        assert account is not None
        assert (account.name, account.segment, account.motion) == ("Acme", "large", "strategic")
        assert (account.owner, account.renewal_on, account.touched) == ("csm-1", date(2027, 3, 1), 1)
        role = session.execute(text("select role from membership")).scalar_one()
        person = session.execute(text("select email, name, trust from end_user")).one()
        reached = session.execute(text("select milestone from milestone_state where reached_at is not null"))
        assert (role, tuple(person)) == ("admin", ("a@x.test", "Ada", "server"))
        assert list(reached.scalars()) == ["first"]
    assert isinstance(runtime.doorbell, CountingDoorbell)
    assert runtime.doorbell.rings == 1


def test_days_are_those_of_the_workspace(runtime: Runtime) -> None:
    """Three in the morning UTC is still yesterday in New York."""
    send(runtime, make_event(event="Report Made", timestamp="2026-11-20T03:00:00Z"))
    assert state(runtime.db, "usage_day")["usage_day"][0][3] == "2026-11-19"


def test_anonymous_events_count_for_no_one(runtime: Runtime) -> None:
    """They are kept in the log only."""
    send(runtime, make_event(userId=None, anonymousId="a1", event="Report Made"))
    found = state(runtime.db)
    assert (len(found["event"]), found["usage_day"], found["end_user"], found["membership"]) == (
        1,
        [],
        [],
        [],
    )


def test_the_account_is_named_or_last_known(runtime: Runtime) -> None:
    """context.groupId, else another event of the batch, else where the user was last active, else ''."""
    send(runtime, make_event(userId="nobody", context={}, messageId="m0"))
    send(runtime, make_event(context={"groupId": "old"}, timestamp="2026-11-01T00:00:00Z"))
    send(runtime, make_event(context={"groupId": "new"}, timestamp="2026-11-02T00:00:00Z"))
    send(runtime, make_event(context={}, messageId="m1"))
    send(runtime, make_event(context={}, messageId="m2"), make_event(context={"groupId": "newest"}))
    found = {row[2]: row[0] for row in state(runtime.db, "event")["event"]}
    assert (found["m0"], found["m1"], found["m2"]) == ("", "new", "newest")


def test_an_account_that_is_due_is_marked_again_only_while_a_worker_holds_it(runtime: Runtime) -> None:
    """Whoever evaluates next sees this batch; a worker at it now may have read too early."""
    for expected, change in ((1, None), (1, "lease_until = '2026-11-23 10:01:00+00:00'"), (2, None)):
        send(runtime, make_event())
        with runtime.db.write() as session:
            assert session.execute(text("select touched from account")).scalar_one() == expected
            if change:
                session.execute(text(f"update account set {change}"))


def test_asserted_traits_never_overwrite_proved_ones(runtime: Runtime) -> None:
    """With the public key alone nobody changes a verified profile, whenever the event happened."""
    identify = {"type": "identify", "context": {}}
    send(runtime, make_event(**identify, traits={"email": "true@x.test"}, timestamp="2020-01-01T00:00:00Z"))
    asserted = Sender(WORKSPACE, "asserted")
    send(runtime, make_event(**identify, traits={"email": "false@x.test", "team": "ops"}), sender=asserted)
    with runtime.db.read() as session:
        person = session.execute(text("select email, trust from end_user")).one()
    assert tuple(person) == ("true@x.test", "server")


def test_in_production_an_asserted_sender_changes_nothing(runtime: Runtime) -> None:
    """Its events are kept in the log."""
    send(runtime, make_event(event="Report Made"), sender=Sender(WORKSPACE, "asserted", enforced=True))
    found = state(runtime.db)
    assert len(found["event"]) == 1
    assert not any(found[table] for table in STATE if table != "event")


def test_in_production_a_token_cannot_join_another_account(runtime: Runtime) -> None:
    """A browser may name the token's account or one its user is in; another counts as not named."""
    sender = Sender(WORKSPACE, "verified", enforced=True, subject="u1", group="acme")
    send(runtime, make_event(context={"groupId": "acme"}), sender=sender)
    send(runtime, make_event(context={"groupId": "victim"}, messageId="v"), sender=sender)
    send(runtime, make_event(type="group", groupId="acme", traits={"plan": "enterprise"}), sender=sender)
    refused = send(runtime, make_event(userId="u2"), sender=sender).rejected
    found = state(runtime.db)
    assert [row[0] for row in found["account"]] == ["acme"]
    assert found["account"][0][2] == "{}"
    assert {row[2]: row[0] for row in found["event"]}["v"] == "acme"
    assert [each.code for each in refused] == ["token_mismatch"]


def test_late_use_moves_a_milestone_back(runtime: Runtime) -> None:
    """A use that happened earlier but arrives later changes when the milestone was reached."""
    for day in ("20", "21", "22"):
        send(runtime, make_event(event="Report Made", timestamp=f"2026-11-{day}T12:00:00Z"))
    send(runtime, make_event(event="Report Made", timestamp="2026-11-10T12:00:00Z"))
    rows = {row[2]: row for row in state(runtime.db, "milestone_state")["milestone_state"]}
    assert rows["habit"][7].startswith("2026-11-21 05:00:00")  # midnight in New York
    assert rows["rollout"][3] == "1"


def test_a_clock_in_the_past_of_the_release_is_no_trouble(runtime: Runtime) -> None:
    """Folding asks for the live release once and keeps what it made of it."""
    assert isinstance(runtime.clock, Clock)
    runtime.clock.move(hours=-1)
    assert send(runtime, make_event(timestamp=None)).accepted == 1


def test_a_key_is_never_kept_without_its_event(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks after the keys undoes the keys, so that sending again is no duplicate."""
    event = make_event(type="identify", traits={"name": "Ada"}, messageId="once")
    with monkeypatch.context() as broken:
        broken.setattr(fold_users, "fold", Mock(side_effect=RuntimeError("killed here")))
        with pytest.raises(RuntimeError, match="killed here"):
            send(runtime, event)
    assert send(runtime, event).accepted == 1
    assert [row[2] for row in state(runtime.db, "event")["event"]] == ["once"]
