"""Tours, checklists, surveys, announcements and variants: what the browser gets, and what its answers become."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import WORKSPACE, Clock
from tests.services.decide_rig import add_rows, capped, make_nudge, make_rig
from waypost_server.domain.answers import nps, read_answers
from waypost_server.domain.assignment import variant_of
from waypost_server.domain.definitions import Cap, Content, Frequency, Limit, Nudge, Schedule, Variant, Where
from waypost_server.domain.interactions import Reaction
from waypost_server.domain.locale import nearest
from waypost_server.domain.surfaces import (
    Announcement,
    Branch,
    Checklist,
    ChecklistItem,
    PieceWords,
    Question,
    QuestionWords,
    Survey,
    Tour,
    TourStep,
)
from waypost_server.services import decide as decide_service
from waypost_server.services.claim import Claim, claim
from waypost_server.services.interact import fold
from waypost_server.services.runtime import Runtime
from waypost_server.store import listing, survey_answers
from waypost_server.store.database import Database
from waypost_server.store.tables import MilestoneState, SurveyAnswer, Touch, UsageTotal

PARAGRAPH = [{"t": "p", "c": [{"t": "text", "v": "Words."}]}]


def decide(runtime: Runtime, **changes: Any) -> decide_service.Decision:
    return decide_service.decide(runtime, WORKSPACE, decide_service.Question("u1", "acme", **changes))


def shown(runtime: Runtime, **changes: Any) -> Any:
    """The only nudge in the answer, as the browser reads it."""
    (found,) = decide(runtime, **changes).nudges
    return json.loads(bytes(found))


def used(feature: str, total: int = 1) -> UsageTotal:
    at = Clock()()
    return UsageTotal(
        workspace_id=WORKSPACE,
        account_id="acme",
        user_id="u1",
        feature=feature,
        first_at=at,
        last_at=at,
        total=total,
    )


def tour(**changes: Any) -> Nudge:
    """Three steps: the second is skipped by those who used the editor, the first leads admins to the last."""
    steps = (
        TourStep(
            "one",
            Where(path="/a", anchor="button"),
            "click",
            branches=(Branch({"user.role": "boss"}, "three"),),
        ),
        TourStep("two", advance="event", event="Made", skip_when={"usage.editor.used": True}),
        TourStep("three"),
    )
    words = {key: PieceWords(f"Step {key}", "Words.") for key in ("one", "two", "three")}
    content = {"en": Content("Tour", "", steps=words)}
    return make_nudge("walk", surface="tour", tour=Tour(steps), content=content, **changes)


def test_a_tour_leaves_out_what_is_known(database: Database) -> None:
    """A step already met is not in the answer, and the step before leads past it."""
    runtime, _ = make_rig(database, tour())
    document = shown(runtime)
    assert (document["surface"], document["kind"], document["tour"]["start"]) == (
        "tour",
        "interrupting",
        "one",
    )
    assert [(step["key"], step["next"]) for step in document["tour"]["steps"]] == [
        ("one", "two"), ("two", "three"), ("three", None),
    ]  # fmt: skip
    assert document["tour"]["steps"][0] == {
        "key": "one",
        "where": {"path": "/a", "anchor": "button"},
        "content": {"title": "Step one", "body": PARAGRAPH},
        "advance": {"on": "click"},
        "next": "two",
    }
    assert document["tour"]["steps"][1]["advance"] == {"on": "event", "event": "Made"}
    add_rows(database, [used("editor")])
    assert [(step["key"], step["next"]) for step in shown(runtime)["tour"]["steps"]] == [
        ("one", "three"), ("three", None),
    ]  # fmt: skip


def test_a_branch_decides_what_follows(database: Database) -> None:
    """The first branch that holds leads on, forward only."""
    steps = (
        TourStep("one", branches=(Branch({"user.role": "admin"}, "three"),)),
        TourStep("two"),
        TourStep("three", branches=(Branch({}, "one"),)),
    )
    words = {key: PieceWords(key) for key in ("one", "two", "three")}
    nudge = make_nudge(
        surface="tour", tour=Tour(steps, resume=False), content={"en": Content("T", "", steps=words)}
    )
    runtime, _ = make_rig(database, nudge)
    found = shown(runtime)["tour"]
    assert [step["key"] for step in found["steps"]] == ["one", "three"] and found["resume"] is False


def test_a_tour_with_nothing_left_is_held(database: Database) -> None:
    """Somebody who knows every step is not led anywhere."""
    steps = (TourStep("one", skip_when={"user.role": "admin"}),)
    content = {"en": Content("T", "", steps={"one": PieceWords("One")})}
    runtime, _ = make_rig(database, make_nudge(surface="tour", tour=Tour(steps), content=content))
    decision = decide(runtime, explain=True)
    assert decision.keys == () and decision.held and decision.held[0].held.reason == "content"
    assert "already met" in decision.held[0].held.detail["message"]


def test_a_checklist_is_ticked_by_facts(database: Database) -> None:
    """Milestones, uses and conditions tick the items; the count follows."""
    items = (
        ChecklistItem("ready", milestone="setup"),
        ChecklistItem("runs", feature="runner", count=3, url="/run"),
        ChecklistItem("boss", when={"user.role": "admin"}),
    )
    words = {item.key: PieceWords(item.key.title()) for item in items}
    content = {"en": Content("Start", "", items=words, finished="Words.")}
    runtime, _ = make_rig(
        database, make_nudge(surface="checklist", checklist=Checklist(items), content=content)
    )
    document = shown(runtime)
    assert document["content"]["finished"] == PARAGRAPH and document["kind"] == "passive"
    assert document["checklist"] == {
        "done": 1,
        "total": 3,
        "items": [
            {"key": "ready", "title": "Ready", "body": [], "done": False},
            {"key": "runs", "title": "Runs", "body": [], "done": False, "url": "/run"},
            {"key": "boss", "title": "Boss", "body": [], "done": True},
        ],
    }
    reached = {"milestone": "setup", "steps": {}, "done": 2, "total": 2, "reached_at": Clock()()}
    milestone = MilestoneState(workspace_id=WORKSPACE, account_id="acme", user_id="u1", **reached)
    add_rows(database, [used("runner", 3), milestone])
    assert [item["done"] for item in shown(runtime)["checklist"]["items"]] == [True, True, True]


QUESTIONS = (
    Question("score", "nps"),
    Question("use", "choice", required=False, multiple=True, options=("a", "b")),
    Question("why", "text", required=False),
)


def survey(**changes: Any) -> Nudge:
    words = {
        "score": QuestionWords("Recommend?", "No", "Yes"),
        "use": QuestionWords("Use?", options={"a": "Apples", "b": "Pears"}),
        "why": QuestionWords("Why?"),
    }
    content = {"en": Content("Ask", "", questions=words, thanks="Words.")}
    return make_nudge("ask", surface="survey", survey=Survey(QUESTIONS), content=content, **changes)


def answered(
    runtime: Runtime, answers: dict[str, Any], message_id: str = "m1", offer: str | None = None
) -> None:
    """Claim the survey and answer it."""
    if offer is None:
        offer = claim(runtime, WORKSPACE, Claim("u1", "acme", "ask", f"claim-{message_id}")).offer_id
    reaction = Reaction(message_id, "acme", "u1", "ask", offer, "answered", runtime.clock(), answers=answers)
    with runtime.db.write() as session:
        assert fold(session, runtime, WORKSPACE, [reaction]) == 0
        assert fold(session, runtime, WORKSPACE, [reaction]) == 0


def test_a_survey_asks_and_keeps_the_answers(database: Database) -> None:
    """Good answers are stored once, bad ones are passed over, and the offer is closed."""
    runtime, _ = make_rig(database, survey())
    assert shown(runtime)["survey"]["questions"] == [
        {"key": "score", "type": "nps", "required": True, "title": "Recommend?", "low": "No", "high": "Yes"},
        {
            "key": "use", "type": "choice", "required": False, "title": "Use?", "multiple": True,
            "options": [{"key": "a", "label": "Apples"}, {"key": "b", "label": "Pears"}],
        },
        {"key": "why", "type": "text", "required": False, "title": "Why?"},
    ]  # fmt: skip
    answered(runtime, {"score": 9, "use": ["b", "a"], "why": " Because ", "other": 3})
    answered(runtime, {"score": 11, "use": "c", "why": 4}, "m2")
    with database.read() as session:
        page = listing.page(
            session, WORKSPACE, listing.ANSWERS, filters={"nudge": "ask"}, after=None, limit=10
        )
        rows = {(row.question, row.place, row.value_number, row.value_text) for row in page.rows}
        counts = survey_answers.counts(session, WORKSPACE, "ask", ["score", "use"])
    assert rows == {
        ("score", 0, 9, None),
        ("use", 0, None, "b"),
        ("use", 1, None, "a"),
        ("why", 0, None, "Because"),
    }
    assert counts == {"score": {9: 1}, "use": {"a": 1, "b": 1}}


def test_answers_to_something_else_are_not_kept(database: Database) -> None:
    """A nudge without questions has no answers."""
    runtime, _ = make_rig(database, make_nudge("ask"))
    answered(runtime, {"score": 9})
    with database.read() as session:
        assert session.query(SurveyAnswer).count() == 0


@given(
    st.dictionaries(
        st.sampled_from(["score", "use", "why", "x"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-3, 13)
            | st.floats()
            | st.text(max_size=5)
            | st.sampled_from("ab"),
            lambda inner: st.lists(inner, max_size=3),
        ),
    )
)
def test_only_answers_of_the_right_kind_pass(said: dict[str, Any]) -> None:
    """Whatever a browser sends, a score is a whole number on its scale, and an option is one of ours."""
    for answer in read_answers(Survey(QUESTIONS), said):
        if answer.question == "score":
            assert type(answer.number) is int and 0 <= answer.number <= 10
        elif answer.question == "use":
            assert answer.text in ("a", "b")
        else:
            assert answer.question == "why" and answer.text and len(answer.text) <= 2_000


@pytest.mark.parametrize(
    ("counts", "score"), [({}, None), ({10: 1}, 100), ({0: 1}, -100), ({9: 2, 7: 1, 6: 1}, 25), ({8: 5}, 0)]
)
def test_the_net_promoter_score(counts: dict[int, int], score: int | None) -> None:
    """Nines and tens minus zero to six, in a hundred answers."""
    assert nps(counts) == score


def news(key: str, day: str, **changes: Any) -> Nudge:
    return make_nudge(key, surface="announcement", announcement=Announcement(day), **changes)


def test_the_feed(database: Database) -> None:
    """Announcements stand apart, newest first, whatever the budget says; opening one makes it read and is free."""
    never = Frequency(limits=(Limit(max=1),), cooldown_days=100)
    runtime, _ = make_rig(
        database,
        make_nudge(),
        news("old", "2026-11-01", frequency=never),
        news("new", "2026-11-20", frequency=never),
        news("others", "2026-11-20", audience={"user.role": "viewer"}),
        news("later", "2026-11-30", schedule=Schedule(starts_on="2026-11-30")),
        policy=capped(Cap(max=0, per_seconds=86_400)),
    )
    decision = decide(runtime)
    feed = [json.loads(bytes(each)) for each in decision.feed]
    assert decision.keys == () and decision.feed_keys == ("new", "old")
    assert {name: feed[0][name] for name in feed[0] if name != "content"} == {
        "key": "new", "release": 1, "read": False, "published_on": "2026-11-20", "badge": True,
    }  # fmt: skip
    offer = claim(runtime, WORKSPACE, Claim("u1", "acme", "new", "claim-1")).offer_id
    with database.write() as session:
        fold(
            session,
            runtime,
            WORKSPACE,
            [Reaction("m1", "acme", "u1", "new", offer, "shown", runtime.clock())],
        )
        assert [touch.kind for touch in session.query(Touch)] == ["transactional"]
    assert [json.loads(bytes(each))["read"] for each in decide(runtime).feed] == [True, False]


def test_a_step_of_a_tour_closes_nothing(database: Database) -> None:
    """After a step the tour is open; it counts as seen."""
    from waypost_server.domain.interactions import outcome

    at = Clock()()
    step = Reaction("m1", "acme", "u1", "walk", "o1", "stepped", at, step="one")
    assert outcome([step]).state == "shown" and outcome([step]).shown_at == at


def test_variants_part_the_people_for_good(database: Database) -> None:
    """About as many as the percent says get the variant, the same ones every time; the offer remembers it."""
    other = Variant("short", 50, {"en": Content("Short", "S.")})
    nudge = make_nudge(variants=(other,))
    parts = [variant_of(nudge, f"user-{n}") for n in range(2_000)]
    assert 900 < parts.count("short") < 1_100 and set(parts) == {"", "short"}
    runtime, _ = make_rig(database, make_nudge(variants=(Variant("short", 100, other.content),)))
    document = shown(runtime)
    assert (document["variant"], document["content"]["title"]) == ("short", "Short")
    claim(runtime, WORKSPACE, Claim("u1", "acme", "hello", "claim-1"))
    with database.read() as session:
        page = listing.page(session, WORKSPACE, listing.OFFERS, filters={}, after=None, limit=1)
    assert page.rows[0].variant == "short"


def test_a_translation_falls_back_text_by_text(database: Database) -> None:
    """Words a translation lacks are those of the default language; nobody meets a gap."""
    original = Content("Tour", "", steps={"one": PieceWords("One", "Words.")}, why="Because.")
    german = Content("Rundgang", "", steps={"one": PieceWords("Eins")})
    nudge = make_nudge(surface="tour", tour=Tour((TourStep("one"),)), content={"de": german, "en": original})
    runtime, _ = make_rig(database, nudge)
    document = shown(runtime, locale="de-AT")
    assert (document["content"]["lang"], document["content"]["why"]) == ("de", "Because.")
    assert document["tour"]["steps"][0]["content"] == {"title": "Eins", "body": PARAGRAPH}


@pytest.mark.parametrize(
    ("tags", "wanted", "default", "chosen"),
    [
        (("en", "pt", "pt-br"), "pt_BR", "en", "pt-br"),
        (("en", "pt"), "pt-BR", "en", "pt"),
        (("de", "en"), "fr", "en", "en"),
        (("de", "en"), None, "de", "de"),
        (("fr", "de"), "it", "en", "fr"),
        (("fr", "de"), "it", "de-CH", "de"),
    ],
)
def test_the_nearest_language(tags: tuple[str, ...], wanted: str | None, default: str, chosen: str) -> None:
    """pt-BR, then pt, then the default, then the first written."""
    assert nearest(tags, wanted, default) == chosen
