"""Plays that nobody would write: any trigger, steps of every kind in any order and inside one another; and a workspace
in which each of them can act, with a workshop, a room that customers read and one of our own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from tests.builders import WORKSPACE
from tests.faults.sinks import HookSink
from tests.services.play_rig import PlayRig
from tests.services.test_workshops import TEACHING
from waypost_server.channels.chat import ChatPoster
from waypost_server.channels.egress import Egress
from waypost_server.channels.webhook import WebhookPoster
from waypost_server.services import endpoints
from waypost_server.services.publish import publish
from waypost_server.services.workshop_slots import SlotGiven, add_slot
from waypost_server.store.tables import Delivery, NudgeGrant

TRIGGERS = {
    "signal": "{signal: milestone_overdue, milestone: first_launch}",
    "condition": "{condition: {account.seats: {$gte: 10}}}",
    "person": "{person: true}",
}
SPEAKING = (
    "email: {template: tips, to: {role: admin, limit: 1}}",
    "nudge: {key: restart, role: [admin]}",
    "webhook: crm-note",
    "workshop: {key: basics, template: invitation, to: {role: admin}}",
    "message: {in_app: restart, email: tips, role: admin, seen_within_days: 1}",
    "message: {email: tips, chat: {room: shared, template: tips}, role: admin, channel: [chat, email]}",
    "chat: {room: shared, template: tips}",
)
OTHERS = (
    "chat: {room: cs-team, template: tips}",
    "task: {template: brief, due: {business_days: 1}}",
    "wait: {hours: 1}",
    "wait: {days: 1}",
    "set_trait: {trait: mrr, value: 9000}",
)
SHRINK = "set_trait: {trait: mrr, value: 100}"
NO_LIMIT = "caps: null\nmin_gap: null\nsession: null\nquiet_hours: null\n"
ROOMS = "chat:\n  cs-team: {service: slack}\n  shared: {service: slack, room_trait: slack_channel}\n"


def _flow(steps: list[str]) -> str:
    return "[" + ", ".join(f"{{{step}}}" for step in steps) + "]"


def _nested(steps: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    inner = st.lists(steps, min_size=1, max_size=3).map(_flow)
    branch = "branch: {{when: {{account.seats: {{$gte: 20}}}}, then: {}, else: {}}}".format
    late = "wait: {{hours: 2, until: {{feature: export}}, timeout: {}}}".format
    return st.builds(branch, inner, inner) | st.builds(late, inner)


def steps(*more: str) -> st.SearchStrategy[list[str]]:
    """One to five steps, some of them inside others; `more` are leaves to draw from besides."""
    leaf = st.sampled_from((*SPEAKING, *OTHERS, *more))
    return st.lists(st.recursive(leaf, _nested, max_leaves=6), min_size=1, max_size=5)


@dataclass(frozen=True)
class AnyPlay:
    """What begins it, and its steps for either motion."""

    trigger: str
    tail: list[str]
    strategic: list[str]

    def text(self) -> str:
        """The file."""
        return (
            "key: anything\ntitle: Anything\ngoal: {feature: export}\n"
            f"on: {TRIGGERS[self.trigger]}\nenrol: {{max: 9, per: 90d}}\n"
            f"long_tail: {_flow(self.tail)}\nstrategic: {_flow(self.strategic)}\n"
        )


def any_play(*more: str) -> st.SearchStrategy[AnyPlay]:
    """A play with any trigger."""
    return st.builds(AnyPlay, st.sampled_from(sorted(TRIGGERS)), steps(*more), steps(*more))


def settle_in(rig: PlayRig, play: AnyPlay, sink: HookSink, url: str) -> None:
    """Publish the play alone, with a person of ours, a slot of the workshop and addresses for hook and rooms."""
    egress = Egress(allow_loopback=True, total_seconds=2)
    poster = ChatPoster(egress, slack_api=url.removesuffix("/hook"))
    rig.runtime = dataclasses.replace(rig.runtime, poster=WebhookPoster(egress), chat=poster)
    sink.reply, sink.paths = b'{"ok": true, "ts": "1.2"}', []
    files = {name: text for name, text in TEACHING.items() if not name.startswith("plays/")}
    hook = f"timezone: UTC\nwebhooks: {{crm-note: '{url}?crm'}}\n"
    own = {"plays/anything.yaml": play.text(), "policy.yaml": NO_LIMIT + ROOMS + hook}
    publish(rig.runtime, WORKSPACE, {**files, **own}, author="tests")
    rig.add_csm()
    for room, address in (("cs-team", url), ("shared", "xoxb-1-2-3")):
        endpoints.set_address(rig.runtime, WORKSPACE, ("chat", room), actor="robin", address=address)
    slot = SlotGiven(rig.clock.now + timedelta(days=7), "UTC", None, 50)
    add_slot(rig.runtime, WORKSPACE, "basics", slot, person="csm-1")


def automated(rig: PlayRig) -> set[str]:
    """What software made for customers: grants of nudges, and messages that no person sent or reads as our own."""
    grants = {f"{grant.run_id} {grant.nudge} {grant.user_id}" for grant in rig.rows(NudgeGrant)}
    made = {row.id for row in _for_customers(rig) if not row.person}
    return grants | made


def left(rig: PlayRig) -> set[str]:
    """The automated messages to customers that were tried, or may have been."""
    return {
        row.id
        for row in _for_customers(rig)
        if not row.person and (row.attempts or row.state in ("sending", "sent", "unknown"))
    }


def _for_customers(rig: PlayRig) -> list[Delivery]:
    return [row for row in rig.rows(Delivery) if row.account_id and row.recipient != "cs-team"]


def heard(sink: HookSink) -> list[str]:
    """What reached customers' rooms and the hook: everything but our own room's."""
    return [path for path in sink.paths if path != "/hook"]


def traits(motion: str, *, seats: int) -> dict[str, object]:
    """Traits by which an account has this motion, and a room of its own."""
    return {"mrr": 9000 if motion == "strategic" else 100, "seats": seats, "slack_channel": "C0ACME"}
