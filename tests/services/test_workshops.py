"""Workshops: invited by plays, answered by link, marked by the host, and looked at afterwards."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import CATALOG, FILES, STRATEGIC, PlayRig
from waypost_server.definitions.loader import load_files
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.addresses import workshop_url
from waypost_server.services.fsck import check as fsck
from waypost_server.services.message_drafts import send_draft
from waypost_server.services.publish import publish
from waypost_server.services.recover import recover
from waypost_server.services.rehearse import WORKSHOPS, rehearse
from waypost_server.services.start_run import Wish, start_run
from waypost_server.services.workshop_answer import answer, see
from waypost_server.services.workshop_attendance import mark
from waypost_server.services.workshop_slots import SlotGiven, add_slot, cancel_slot, move_slot
from waypost_server.store import workshops
from waypost_server.store.database import Database
from waypost_server.store.tables import (
    Delivery,
    Event,
    PlayRun,
    StepRun,
    Task,
    UsageTotal,
    WorkshopInvitation,
    WorkshopSlot,
)

WORKSHOP = """
key: basics
title: Automations from zero
goal: {feature: export, within_days: 7}
host: {name: Robin "R" Keller, email: robin@acme.example}
place: https://meet.example.com/basics
minutes: 45
capacity: 2
content:
  en: {title: "Automations, from zero", description: Build your first one with us.}
  de: {title: Automationen von null an}
"""
PLAY = """
key: teach
title: Teach the basics
on: {person: true}
goal: {feature: export, within_days: 60}
enrol: {max: 9, per: 1d}
long_tail:
  - workshop: {key: basics, template: invitation, to: {role: admin, limit: 3}, within_days: 20}
strategic:
  - workshop: {key: basics, template: invitation, to: {role: admin}}
"""
INVITATION = """---
subject: An hour for {{ account.name | default("you") }}
---
Hello {{ user.name | default("there") }}, come and build one.
"""
TEACHING = {
    **FILES,
    "catalog.yaml": CATALOG.replace(
        "features:", "features:\n  workshop: {title: Workshop, events: [workshop_attended/basics]}", 1
    ),
    "workshops/basics.yaml": WORKSHOP,
    "plays/teach.yaml": PLAY,
    "templates/invitation.md": INVITATION,
}


class Class(PlayRig):
    """A rig that teaches: one workshop, one slot in five days."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        publish(self.runtime, WORKSPACE, TEACHING, author="tests")
        self.add_csm()
        self.starts = (self.clock.now + timedelta(days=5)).replace(hour=14, minute=0, second=0, microsecond=0)
        self.slot = self.add()

    def add(self, **changes: object) -> WorkshopSlot:
        given = {"starts_at": self.starts, "timezone": "Europe/Berlin", **changes}
        return add_slot(self.runtime, WORKSPACE, "basics", SlotGiven(**given), person="csm-1")  # type: ignore[arg-type]

    def start(self, account_id: str = "acme", occurrence: str = "1") -> None:
        wish = Wish("teach", account_id, actor="csm-1", occurrence=occurrence)
        start_run(self.runtime, WORKSPACE, wish)
        self.drain()

    def invitations(self) -> list[WorkshopInvitation]:
        return sorted(self.rows(WorkshopInvitation), key=lambda each: each.user_id)

    def answer(self, one: WorkshopInvitation, *, yes: bool) -> str:
        token = workshop_url(self.runtime, WORKSPACE, one.id).rpartition("/")[2]
        return answer(self.runtime, token, yes=yes, locale=None).invite.invitation.state

    def events(self) -> list[str]:
        return sorted(each.name for each in self.rows(Event) if each.name.startswith("workshop_"))

    def calendar(self, place: int = -1) -> str:
        """The calendar entry of a mail, unfolded."""
        (part,) = [each for each in self.mails()[place].walk() if each.get_content_type() == "text/calendar"]
        return str(part.get_content()).replace("\r\n ", "").replace("\n ", "")


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> Class:
    return Class(database, tmp_path / "mailbox")


def test_an_invitation_is_a_mail_that_calendars_understand(rig: Class) -> None:
    """The author's words, time and place below them, two links, and an entry with the guest's own answer open."""
    rig.add_account()
    rig.start()
    (one,) = rig.invitations()
    (mail,) = rig.mails()
    assert one.state == "invited" and mail["Reply-To"] == "robin@acme.example"
    words = mail.get_body(("plain",)).get_content()
    assert "come and build one" in words and "Europe/Berlin" in words and "?answer=yes" in words
    entry = rig.calendar()
    (part,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    for line in (
        "METHOD:REQUEST",
        f"UID:{one.id}@waypost",
        "SEQUENCE:0",
        f"DTSTART:{rig.starts:%Y%m%dT%H%M%SZ}",
        "SUMMARY:Automations\\, from zero",
        'ORGANIZER;CN="Robin R Keller":mailto:robin@acme.example',
    ):
        assert line in entry.splitlines()
    assert 'ATTENDEE;CN="Dana Whitfield"' in entry and "PARTSTAT=NEEDS-ACTION;RSVP=TRUE" in entry
    assert rig.events() == ["workshop_invited"]
    assert fsck(rig.runtime) == []


def test_whoever_came_or_is_invited_gets_no_second_invitation(rig: Class) -> None:
    """Another run says why it invites nobody."""
    rig.add_account()
    rig.start()
    rig.start(occurrence="2")
    assert len(rig.invitations()) == 1 and len(rig.mails()) == 1
    assert any("is invited already" in each.note for each in rig.rows(StepRun))


def test_without_a_slot_nobody_is_invited(rig: Class) -> None:
    """The story says so; a full slot and one that begins within hours are none."""
    rig.add_account()
    rig.sql("update workshop_slot set taken = 2")
    rig.start()
    rig.sql("update workshop_slot set taken = 0")
    rig.clock.move(days=4, hours=23)
    rig.start(occurrence="2")
    assert rig.invitations() == []
    assert sum("No slot" in each.note for each in rig.rows(StepRun)) == 2


def test_an_answer_takes_a_place_and_may_change(rig: Class) -> None:
    """Yes, yes again, no: one place, then none; each change is an event, and looking is none."""
    rig.add_account()
    rig.start()
    (one,) = rig.invitations()
    token = workshop_url(rig.runtime, WORKSPACE, one.id).rpartition("/")[2]
    assert see(rig.runtime, token, "de-AT").invite.text.title == "Automationen von null an"
    assert rig.invitations()[0].state == "invited"
    assert [rig.answer(one, yes=True), rig.answer(one, yes=True)] == ["accepted", "accepted"]
    assert rig.rows(WorkshopSlot)[0].taken == 1
    assert rig.answer(one, yes=False) == "declined"
    assert rig.rows(WorkshopSlot)[0].taken == 0
    assert rig.events() == ["workshop_accepted", "workshop_declined", "workshop_invited"]
    for foreign in (f"x{token}", "nonsense", token[:-2]):
        with pytest.raises(NotFoundError):
            see(rig.runtime, foreign, None)


def test_no_more_people_get_in_than_there_are_places(rig: Class) -> None:
    """Six say yes at the same moment to two places: two have one, and four are told that it is full."""
    for place in range(6):
        rig.add_account(f"a{place}")
        rig.start(f"a{place}")
    invited = rig.invitations()
    barrier = threading.Barrier(len(invited))

    def say(one: WorkshopInvitation) -> None:
        barrier.wait()
        rig.answer(one, yes=True)

    threads = [threading.Thread(target=say, args=(one,)) for one in invited]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.state for each in rig.invitations()) == ["accepted"] * 2 + ["invited"] * 4
    assert rig.rows(WorkshopSlot)[0].taken == 2
    (left, *_) = [each for each in rig.invitations() if each.state == "invited"]
    token = workshop_url(rig.runtime, WORKSPACE, left.id).rpartition("/")[2]
    assert see(rig.runtime, token, None).is_full


def test_a_slot_that_moves_is_told_in_its_movers_name(rig: Class) -> None:
    """The entry keeps its id and has a higher number; who said no hears nothing."""
    for name in ("acme", "globex"):
        rig.add_account(name)
        rig.start(name)
    rig.answer(rig.invitations()[1], yes=False)
    later = rig.starts + timedelta(days=1)
    move_slot(rig.runtime, WORKSPACE, rig.slot.id, SlotGiven(starts_at=later), person="csm-1")
    rig.drain()
    assert len(rig.mails()) == 3
    (told,) = [each for each in rig.rows(Delivery) if each.calendar == "update"]
    assert (told.person, told.state, told.subject) == ("csm-1", "sent", "New time: Automations, from zero")
    entry = next(rig.calendar(place) for place in range(3) if "SEQUENCE:1" in rig.calendar(place))
    assert f"UID:{rig.invitations()[0].id}@waypost" in entry and f"DTSTART:{later:%Y%m%dT%H%M%SZ}" in entry
    assert fsck(rig.runtime) == []


def test_a_slot_that_is_off_leaves_the_calendars(rig: Class) -> None:
    """Who has it gets a CANCEL; what had not left stays here; nobody can answer any more."""
    rig.add_account()
    rig.start()
    (one,) = rig.invitations()
    rig.answer(one, yes=True)
    cancel_slot(rig.runtime, WORKSPACE, rig.slot.id, person="csm-1", reason="Robin is ill")
    rig.drain()
    assert any(
        "METHOD:CANCEL" in rig.calendar(place) and "STATUS:CANCELLED" in rig.calendar(place)
        for place in (0, 1)
    )
    assert rig.answer(one, yes=False) == "accepted"
    with pytest.raises(ConflictError):
        cancel_slot(rig.runtime, WORKSPACE, rig.slot.id, person="csm-1", reason="again")
    rig.start(occurrence="2")
    assert len(rig.invitations()) == 1


def test_an_invitation_that_waits_is_not_sent_after_its_slot_is_off(rig: Class) -> None:
    """At night it waits; in the morning there is no workshop."""
    rig.clock.now = datetime(2026, 11, 25, 23, tzinfo=UTC)
    rig.add_account()
    rig.start()
    assert rig.mails() == []
    cancel_slot(rig.runtime, WORKSPACE, rig.slot.id, person="csm-1", reason="Robin is ill")
    rig.clock.move(hours=12)
    rig.drain()
    (row,) = rig.rows(Delivery)
    assert (rig.mails(), row.state, row.reason) == ([], "cancelled", "the workshop was cancelled")


def test_a_strategic_account_is_invited_by_a_person(rig: Class) -> None:
    """A draft waits in the queue; nothing counts as invited before somebody sends it, with the entry in it."""
    rig.add_account(mrr=STRATEGIC)
    rig.start()
    (task,) = rig.rows(Task)
    (one,) = rig.invitations()
    assert (one.state, rig.events()) == ("draft", [])
    assert {each["To"] for each in rig.mails()} <= {"csm-1@acme.example"}  # told of the task
    send_draft(rig.runtime, WORKSPACE, task.id, person="csm-1")
    rig.clock.move(seconds=30)
    rig.drain()
    (one,) = rig.invitations()
    assert (one.state, rig.events()) == ("invited", ["workshop_invited"])
    (place,) = [n for n, each in enumerate(rig.mails()) if each["To"] == "acme-admin@example.com"]
    assert "METHOD:REQUEST" in rig.calendar(place)
    assert "?answer=no" in rig.mails()[place].get_body(("plain",)).get_content()
    assert fsck(rig.runtime) == []


def test_the_draft_of_a_workshop_that_is_off_cannot_be_sent(rig: Class) -> None:
    """The person is told, and skips it; then the invitation is withdrawn."""
    rig.add_account(mrr=STRATEGIC)
    rig.start()
    cancel_slot(rig.runtime, WORKSPACE, rig.slot.id, person="csm-1", reason="Robin is ill")
    (task,) = rig.rows(Task)
    with pytest.raises(ConflictError, match="cancelled or has begun"):
        send_draft(rig.runtime, WORKSPACE, task.id, person="csm-1")


def test_the_host_says_who_came_and_later_it_is_seen_who_does_it(rig: Class) -> None:
    """Attendance is an event and a feature's use; the follow-up looks at those who came, and at the rest."""
    for name in ("acme", "globex", "initech"):
        rig.add_account(name)
        rig.start(name)
    came, stayed, _third = rig.invitations()
    rig.answer(came, yes=True)
    with pytest.raises(ConflictError):
        mark(rig.runtime, WORKSPACE, rig.slot.id, attended=[came.user_id], person="csm-1")
    rig.clock.now = rig.starts + timedelta(minutes=50)
    marked = mark(
        rig.runtime, WORKSPACE, rig.slot.id, attended=[came.user_id], missed=[stayed.user_id], person="csm-1"
    )
    assert marked == 2
    assert mark(rig.runtime, WORKSPACE, rig.slot.id, attended=[came.user_id], person="csm-1") == 0
    with pytest.raises(BadInputError):
        mark(rig.runtime, WORKSPACE, rig.slot.id, attended=["nobody"], person="csm-1")
    assert rig.events().count("workshop_attended") == 1
    assert [each.feature for each in rig.rows(UsageTotal) if each.feature == "workshop"] == ["workshop"]
    rig.clock.move(days=2)
    for user in ("acme", "initech"):
        rig.use(user, [rig.clock.now.date()], feature="export")
    rig.clock.move(days=6)
    recover(rig.runtime)
    recover(rig.runtime)
    with rig.database.read() as session:
        tally = workshops.tallies(session, WORKSPACE, [rig.slot.id])[rig.slot.id]
    assert (tally.invited, tally.attended, tally.missed) == (3, 1, 1)
    assert (tally.came_and_did, tally.came_and_checked) == (1, 1)
    assert (tally.rest_and_did, tally.rest_and_checked) == (1, 2)
    assert rig.rows(WorkshopSlot)[0].followed_up_at is not None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC)}, "bad_start"),
        ({"timezone": "Mars/Olympus"}, "bad_timezone"),
        ({"capacity": 0}, "bad_capacity"),
    ],
)
def test_a_slot_that_cannot_be_is_refused(rig: Class, given: dict[str, object], code: str) -> None:
    """In the past, in no zone, or without places."""
    with pytest.raises(BadInputError) as error:
        rig.add(**given)
    assert error.value.code == code


def test_what_a_customer_wrote_stays_words(rig: Class) -> None:
    """A name and a place cannot add a line to the entry, nor markup to the mail."""
    rig.add(
        starts_at=rig.starts - timedelta(days=1),
        place="Room\r\nATTENDEE:x <b>1</b> [x](https://evil.example)",
    )
    rig.add_account()
    rig.sql("update end_user set name = :name", name='Eve"\r\nX-EVIL:1 :mailto:x')
    rig.start()
    entry = rig.calendar()
    assert not re.search(r"^(X-EVIL|ATTENDEE:x)", entry, re.MULTILINE)
    html = rig.mails()[-1].get_body(("html",)).get_content()
    assert "<b>1</b>" not in html and 'href="https://evil.example' not in html
    assert {each.state for each in rig.rows(PlayRun)} == {"ended"}


def test_a_rehearsal_invites_to_slots_that_were_planned(rig: Class) -> None:
    """An invitation would have gone out, to a slot that was there by then; a place that was taken stays taken."""
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=12))
    rig.clock.move(days=4)
    late = PLAY.replace("on: {person: true}", "on: {signal: milestone_overdue, milestone: first_launch}")
    others = {name: text for name, text in TEACHING.items() if name != "plays/launch-overdue.yaml"}
    draft = load_files({**others, "plays/teach.yaml": late}).definitions
    found = rehearse(rig.runtime, WORKSPACE, draft, days=3)
    assert found.sent == {"teach: invitation": 1}
    assert WORKSHOPS in found.assumptions and rig.mails() == rig.invitations() == []
    rig.sql("update workshop_slot set created_at = :at", at=rig.clock.now)
    assert "teach: invitation" not in rehearse(rig.runtime, WORKSPACE, draft, days=3).sent
