"""What people said and saw, as facts: answers to surveys, the words of a nudge, and the page they are on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import WORKSPACE, Clock, add_workspace, make_event, make_runtime
from tests.definitions.files import FILES
from tests.services.decide_rig import add_person, make_nudge, make_rig
from waypost_server.domain.definitions import Content, Variant, Where
from waypost_server.domain.errors import HeldError
from waypost_server.domain.events import Envelope
from waypost_server.domain.surfaces import Question as Asked
from waypost_server.domain.surfaces import QuestionWords, Survey
from waypost_server.services.as_of import as_of
from waypost_server.services.claim import Claim, claim
from waypost_server.services.decide import Question, decide
from waypost_server.services.explain import explain
from waypost_server.services.funnel import funnel
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database

SCORE = "survey.ask.score"
ASK = make_nudge(
    "ask",
    surface="survey",
    survey=Survey((Asked("score", "nps"), Asked("use", "choice", multiple=True, options=("a", "b")))),
    content={"en": Content("Ask", "", questions={
        "score": QuestionWords("Recommend?"), "use": QuestionWords("Use?", options={"a": "A", "b": "B"})})},
)  # fmt: skip


def keys(runtime: Runtime, **asked: Any) -> tuple[str, ...]:
    """What u1 may see."""
    return decide(runtime, WORKSPACE, Question("u1", "acme", **asked)).keys


def offer_of(runtime: Runtime, nudge: str, number: int = 1, **more: Any) -> str:
    """Claim a nudge for u1."""
    return claim(runtime, WORKSPACE, Claim("u1", "acme", nudge, f"claim-{nudge}-{number}", **more)).offer_id


def react(runtime: Runtime, nudge: str, offer: str, reaction: str, **more: Any) -> None:
    """An event of the browser."""
    said = {"nudge": nudge, "offer": offer, "reaction": reaction, **more}
    event = make_event(event="$nudge", properties=said, timestamp=runtime.clock().isoformat())
    assert ingest(runtime, Sender(WORKSPACE, "server"), [event], Envelope(runtime.clock())).accepted == 1


def test_the_latest_answer_to_a_survey_is_a_fact(database: Database) -> None:
    """Score, options and time since; a new answer changes the very next decision, remembered or not."""
    follow = (
        make_nudge("fan", audience={f"{SCORE}.score": {"$gte": 9}, "survey.ask.use.choice": {"$in": ["b"]}}),
        make_nudge("critic", audience={f"{SCORE}.answered": True, f"{SCORE}.score": {"$lte": 6}}),
        make_nudge("later", audience={f"{SCORE}.days_since_answered": {"$gte": 2}}),
        make_nudge("silent", audience={f"{SCORE}.answered": False}),
    )
    clock = Clock()
    runtime, _ = make_rig(database, ASK, *follow, clock=clock)
    assert set(keys(runtime)) == set(keys(runtime)) == {"ask", "silent"}
    react(runtime, "ask", offer_of(runtime, "ask"), "answered", answers={"score": 9, "use": ["b", "a"]})
    assert "fan" in keys(runtime) and not {"silent", "critic", "later"} & set(keys(runtime))
    clock.move(days=2)
    assert "later" in keys(runtime)
    react(runtime, "ask", offer_of(runtime, "ask", 2), "answered", answers={"score": 3})
    assert "critic" in keys(runtime) and not {"fan", "later"} & set(keys(runtime))


def test_the_words_a_person_saw_are_a_fact(database: Database) -> None:
    """The variant of the last showing, `original` for the nudge's own words; nothing before it was shown."""
    short = Variant("short", 100, {"en": Content("Short", "")})
    follow = (
        make_nudge("after-short", audience={"nudge.tip.variant": "short"}),
        make_nudge("after-own", audience={"nudge.plain.variant": "original"}),
    )
    runtime, _ = make_rig(database, make_nudge("tip", variants=(short,)), make_nudge("plain"), *follow)
    for nudge, expected in (("tip", "after-short"), ("plain", "after-own")):
        offer = offer_of(runtime, nudge)
        assert expected not in keys(runtime)  # claimed is not seen
        react(runtime, nudge, offer, "shown")
        assert expected in keys(runtime)


PAGE = (("path", "/reports/7"), ("viewport", "narrow"))


def test_an_answer_may_depend_on_the_page(database: Database) -> None:
    """Each page has its own remembered answer; without one, what depends on it is not shown."""
    runtime, _ = make_rig(
        database,
        make_nudge("reports", audience={"page.path": {"$regex": "^/reports/"}}),
        make_nudge("phone", audience={"page.viewport": "narrow", "user.role": "admin"}),
        make_nudge("elsewhere", audience={"page.path": {"$ne": "/reports/7"}}),
        make_nudge("anywhere"),
    )
    for _ in range(2):
        assert set(keys(runtime, page=PAGE)) == {"reports", "phone", "anywhere"}
        assert set(keys(runtime, page=(("path", "/team"), ("title", "Team")))) == {"elsewhere", "anywhere"}
        assert keys(runtime) == ("anywhere",)
    assert decide(runtime, WORKSPACE, Question("u1", "acme", page=PAGE)).by_page
    with pytest.raises(HeldError):
        offer_of(runtime, "reports")
    assert offer_of(runtime, "reports", page=PAGE)


def test_pages_share_an_answer_that_reads_none(database: Database) -> None:
    """Where no condition reads the page, it is neither part of the question nor of what is remembered."""
    runtime, releases = make_rig(database)
    decisions = {
        decide(runtime, WORKSPACE, Question("u1", "acme", page=(("path", f"/{n}"),))) for n in range(3)
    }
    if database.is_sqlite:  # PostgreSQL remembers from the second question on
        assert len(decisions) == 1
    assert not any(each.by_page for each in decisions)
    assert len(releases.by_workspace[WORKSPACE].answers) == 1


def test_explain_says_what_only_the_browser_knows(database: Database) -> None:
    """Unknown without a page; with one, the value it has."""
    nudge = make_nudge("reports", audience={"page.path": "/reports/7"}, where=Where(path="/reports/*"))
    runtime, _ = make_rig(database, nudge)
    (told,) = explain(runtime, WORKSPACE, "u1", "acme")["nudges"]
    assert told["where"] == {"path": "/reports/*"}
    assert (told["verdict"], told["audience"]["truth"]) == ("held", "unknown")
    (told,) = explain(runtime, WORKSPACE, "u1", "acme", page=PAGE)["nudges"]
    assert (told["verdict"], told["audience"]["seen"]) == ("eligible", "/reports/7")
    assert told["where"] == {"path": "/reports/*", "here": True}


def test_a_funnel_on_a_page(database: Database) -> None:
    """Without a page it names what it does not know; with one it counts whom decide would meet there."""
    runtime, _ = make_rig(database, make_nudge("reports", audience={"page.path": "/reports/7"}))
    blind = funnel(runtime, WORKSPACE, "reports")
    assert (blind.eligible.users, blind.unknown, blind.as_json()["page"]) == (0, ("page.path",), None)
    there = funnel(runtime, WORKSPACE, "reports", page=PAGE)
    assert (there.eligible.users, there.unknown, there.leaves[0].expected) == (1, (), 1.0)
    assert funnel(runtime, WORKSPACE, "reports", page=(("path", "/team"),)).eligible.users == 0


def test_the_past_knows_what_had_been_said_by_then(database: Database) -> None:
    """An answer of today does not change what was true yesterday; a page can be named for a past moment."""
    survey = (
        "key: ask\ntitle: Ask\nsurface: survey\nsurvey: {questions: [{key: score, type: nps}]}\n"
        "content: {en: {title: Ask, questions: {score: {title: Recommend?}}}}\n"
    )
    fan = FILES["in-app/hint.yaml"].split("cases:")[0].replace("key: hint", "key: fan")
    fan = fan.replace("audience: {user.role: admin}", "audience: {survey.ask.score.score: 9, page.path: /a}")
    clock = Clock()
    add_workspace(database)
    add_person(database)
    runtime = make_runtime(database, clock)
    policy = FILES["policy.yaml"] + "min_gap: null\n"
    files = {**FILES, "policy.yaml": policy, "in-app/ask.yaml": survey, "in-app/fan.yaml": fan}
    publish(runtime, WORKSPACE, files, author="jo")
    began = clock.now
    clock.move(hours=1)
    react(runtime, "ask", offer_of(runtime, "ask"), "answered", answers={"score": 9})
    clock.move(hours=1)
    page = (("path", "/a"),)
    for at, expected in ((began + timedelta(minutes=30), "audience"), (clock.now, None)):
        with as_of(runtime, WORKSPACE, "u1", "acme", at) as then:
            found = decide(
                then, WORKSPACE, replace(Question("u1", "acme", nudge="fan", explain=True), page=page)
            )
        reasons = [each.held.reason for each in found.held or ()]
        assert (reasons[0] if reasons else None) == expected
