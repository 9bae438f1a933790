"""What people answered, on the survey's page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.builders import add_workspace
from tests.console.conftest import Console
from tests.console.seed import add_people, publish_nudges
from waypost_server.store.tables import SurveyAnswer

WORKSPACE = "acme-prod"


def answer(person: int, question: str, **value: Any) -> SurveyAnswer:
    return SurveyAnswer(
        workspace_id=WORKSPACE, message_id=f"m{person}", question=question, place=0, account_id="acme",
        user_id=f"u{person}", nudge="recommend-survey", at=datetime(2026, 11, 20, tzinfo=UTC), **value,
    )  # fmt: skip


def test_the_page_of_a_survey_shows_what_people_answered(bare: Console) -> None:
    """The score with the number of answers, a label for each option, and texts as text."""
    add_workspace(bare.runtime.db, WORKSPACE)
    bare.people = add_people(bare.runtime, WORKSPACE)
    publish_nudges(bare.runtime, WORKSPACE)
    with bare.runtime.db.write() as session:
        session.add_all(answer(n, "recommend", value_number=score) for n, score in enumerate((10, 9, 7, 2)))
        session.add(answer(1, "use", value_text="alerts"))
        session.add(answer(1, "why", value_text="<b>Because</b> it is quick"))
    page = bare.logged_in().get("/console/nudges/recommend-survey")
    assert page.status_code == 200
    assert "<b>NPS +25</b>, 4 answers" in page.text
    assert '<th scope="row">Alerts</th><td class="number">1</td>' in page.text
    assert "&lt;b&gt;Because&lt;/b&gt; it is quick" in page.text
