"""What counts as adopted, and what comes next: pure functions with known answers and invariants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.adoption import (
    Adoption,
    AdoptionDefinition,
    Assessment,
    Behaviour,
    PersonUse,
    as_json,
    assess,
)
from waypost_server.domain.definitions import (
    Catalog,
    Definitions,
    Goal,
    Journey,
    Milestone,
    Nudge,
    Play,
    Step,
    Trigger,
)
from waypost_server.domain.next_step import MilestoneAt, for_account, for_person

WEEKLY = Behaviour("weekly", "Runs every week", "run", weeks_active=3, weeks=4, weight=3)
ADMINS = Behaviour("admins", "Admins build", "build", count=2, roles=("admin",), share_of_users=0.5, weight=2)
ONCE = Behaviour("once", "Connected", "connect", count=1, weight=1)
DEFINITION = AdoptionDefinition("default", (WEEKLY, ADMINS, ONCE), adopted_at=1.0, partial_at=0.5)


def person(user_id: str, role: str | None = "admin", **measured: int) -> PersonUse:
    return PersonUse(user_id, role, measured)


def judged(*people: PersonUse, weeks: int = 0) -> Assessment:
    return assess(DEFINITION, people, {"weekly": weeks})


def test_an_account_is_adopted_when_every_behaviour_is_met() -> None:
    """By weeks of the account, by the share of a role, by a sum."""
    found = judged(person("a", admins=2, once=1), person("b"), person("c", "viewer"), weeks=3)
    assert (found.state, found.score, found.unmet) == ("adopted", 1.0, ())


def test_what_is_missing_is_said_with_numbers_the_heaviest_first() -> None:
    """Two of three weeks, one of three admins where half are wanted."""
    found = judged(person("a", admins=2, once=1), person("b", admins=1), person("c"), weeks=2)
    assert (found.state, found.score) == ("not", round(1 / 6, 4))
    assert [each.words() for each in found.unmet] == ["2 of 3 weeks", "1 of 3 people, 50 % wanted"]
    assert as_json(found)[1]["wanted"] == 2


def test_a_share_of_nobody_is_not_met() -> None:
    """Without anybody in the role the behaviour is missing, and says why."""
    found = judged(person("v", "viewer", once=1), weeks=4)
    assert [each.words() for each in found.unmet] == ["nobody holds the role, 50 % wanted"]
    assert found.state == "partial"


def test_another_meaning_has_another_digest() -> None:
    """And the same meaning the same one, whatever the version says."""
    same = AdoptionDefinition("default", (WEEKLY, ADMINS, ONCE), adopted_at=1.0, partial_at=0.5)
    other = AdoptionDefinition("default", (WEEKLY, ADMINS, ONCE), adopted_at=0.9, partial_at=0.5)
    assert DEFINITION.digest == same.digest != other.digest


def test_a_segment_without_its_own_definition_uses_the_default() -> None:
    """And without a default there is none."""
    adoption = Adoption(1, {"default": DEFINITION})
    assert adoption.of("small") is adoption.of(None) is DEFINITION
    assert Adoption(1, {"large": DEFINITION}).of("small") is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["admin", "viewer", None]), st.integers(0, 4), st.integers(0, 3)),
        max_size=8,
    ),
    st.integers(0, 4),
)
def test_more_use_never_lowers_the_score(people: list[tuple[str | None, int, int]], weeks: int) -> None:
    """Score and state grow with use, and stay within bounds."""
    before = judged(
        *(PersonUse(str(n), role, {"admins": a, "once": o}) for n, (role, a, o) in enumerate(people)),
        weeks=weeks,
    )
    after = judged(
        *(PersonUse(str(n), role, {"admins": a + 1, "once": o + 1}) for n, (role, a, o) in enumerate(people)),
        weeks=weeks + 1,
    )
    assert 0 <= before.score <= after.score <= 1
    assert ["not", "partial", "adopted"].index(after.state) >= ["not", "partial", "adopted"].index(
        before.state
    )


# --- the next best step ---------------------------------------------------------------------------
FIRST = Milestone(
    "first", "First launch", "account", (Step("a", "Create", "create"), Step("b", "Launch", "launch"))
)
LATER = Milestone("later", "Team in", "account", (Step("c", "Invite", "invite"),))
SET = Definitions(
    Catalog("Acme"),
    Journey(milestones=(FIRST, LATER)),
    nudges=(Nudge("launch-tip", "Launch", "banner", {}, goal=Goal(milestone="first")),),
    plays=(Play("weekly-push", "Weekly", Trigger("usage_decay"), {}, goal=Goal(feature="run")),),
)


def at(milestone: Milestone, *done: str) -> MilestoneAt:
    return MilestoneAt(milestone, frozenset(done), len(done) == len(milestone.steps))


def test_a_milestone_that_is_begun_comes_before_anything_new() -> None:
    """With the step that is missing, why, and the nudge that is for it."""
    step = for_account(SET, [at(LATER), at(FIRST, "a")], judged(weeks=2))
    assert step is not None
    assert (step.title, step.reason) == ("Launch", "1 of 2 steps of “First launch” are done")
    assert step.served_by == ("nudge:launch-tip",)


def test_deepening_a_behaviour_comes_before_starting_a_milestone() -> None:
    """Two of three weeks is closer than a milestone nobody began."""
    step = for_account(SET, [at(LATER)], judged(weeks=2))
    assert step is not None
    assert (step.kind, step.key, step.reason) == ("behaviour", "weekly", "2 of 3 weeks so far")
    assert step.served_by == ("play:weekly-push",)


def test_the_order_of_what_is_given_does_not_matter_and_an_adopted_account_needs_nothing() -> None:
    """A total order; None at the end of the road."""
    assessment = judged(weeks=0)
    assert for_account(SET, [at(LATER), at(FIRST)], assessment) == for_account(
        SET, [at(FIRST), at(LATER)], assessment
    )
    done = judged(person("a", admins=2, once=1), weeks=3)
    assert for_account(SET, [at(FIRST, "a", "b"), at(LATER, "c")], done) is None


def test_a_person_is_told_what_their_role_can_do() -> None:
    """A viewer is not asked to build; an admin who has done their part is not asked again."""
    assessment = judged(
        person("a", admins=2), person("b", admins=1), person("c"), person("v", "viewer"), weeks=3
    )
    keys = {
        who.user_id: step.key if (step := for_person(SET, [], assessment, who)) else None
        for who in (person("b", admins=1), person("a", admins=2, once=1), person("v", "viewer", once=1))
    }
    assert keys == {"b": "admins", "a": None, "v": None}
    step = for_person(SET, [], assessment, person("b", admins=1))
    assert step is not None and step.reason == "1 of 2 uses so far; in the account 1 of 3 people, 50 % wanted"
