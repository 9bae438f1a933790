"""What happens in the demo, told from outside: everything here goes through the SDKs, the product and the API.

1. The product hands six months of history over. 2. A new long-tail customer's admin builds an automation; halfway,
a nudge appears; she finishes; a mail follows. 3. A long-tail customer whose use fell gets a mail. 4. A strategic
one whose use fell becomes a task for its CSM.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from waypost import Waypost
from waypost_server.demo.cast import Customer, customers, lead
from waypost_server.demo.importer import import_history
from waypost_server.demo.narrator import Line, Narrator
from waypost_server.demo.visitor import visit

PATIENCE_SECONDS = 90.0
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """A running Waypost and the product beside it."""

    url: str
    public_key: str
    secret_key: str
    product: str

    @classmethod
    def from_ready(cls, ready: Mapping[str, Any]) -> Place:
        """From what `waypost run --ready-file` wrote."""
        return cls(ready["url"], ready["public_key"], ready["secret_key"], ready["demo_url"])

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Place:
        """From what `waypost run --demo` gives its children."""
        return cls(
            env["WAYPOST_URL"], env["WAYPOST_PUBLIC_KEY"], env["WAYPOST_SECRET_KEY"], env["WAYPOST_DEMO_URL"]
        )

    def read(self, path: str, **query: str) -> Any:
        """GET from the read API with the secret key."""
        url = f"{self.url}/v1/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.secret_key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


class StoryError(Exception):
    """Something that should have happened did not, in the time a reader would wait."""


def tell(place: Place, narrator: Narrator, *, screenshot: Path | None = None) -> list[Line]:
    """Make everything happen and say it, once a folder. Raises StoryError for what never came."""
    now = datetime.now(UTC)  # noqa: TID251 - the demo lives now
    everybody = customers(now)
    lines: list[Line] = []
    if _reached(place, lead(everybody)) is not None:
        narrator.note(
            "This folder has heard the story already. Everything is in the console; new things appear here."
        )
        return lines
    for line in _lines(place, narrator, everybody, now, screenshot):
        lines.append(line)
        narrator.say(line)
    return lines


def follow(place: Place, narrator: Narrator, told: list[Line]) -> None:
    """Go on saying new mails, tasks and nudges until stopped."""
    seen = {str(line.proof.get("id")) for line in told}
    first = True
    while True:
        for line in _news(place):
            if line.proof["id"] not in seen:
                seen.add(str(line.proof["id"]))
                if not first:  # what the history set off is in the console; tell only what is new
                    narrator.say(line)
        first = False
        time.sleep(2)


def _lines(
    place: Place, narrator: Narrator, everybody: tuple[Customer, ...], now: datetime, screenshot: Path | None
) -> Iterator[Line]:
    yield _history(place, narrator, everybody, now)
    yield from _first_automation(place, lead(everybody), screenshot)
    fallen = [customer for customer in everybody if customer.health == "decaying"]
    tail = [customer for customer in fallen if not customer.is_strategic]
    yield _wait_for(lambda: _mail(place, tail), "a mail to a long-tail account whose use fell")
    strategic = [customer for customer in fallen if customer.is_strategic]
    yield _wait_for(lambda: _task(place, strategic), "a task for a strategic account whose use fell")


def _history(place: Place, narrator: Narrator, everybody: tuple[Customer, ...], now: datetime) -> Line:
    with Waypost(place.secret_key, host=place.url) as client, narrator.progress() as bar:
        task = bar.add_task("Six months of Acme's history", total=len(everybody))
        count = import_history(
            client, everybody, now, progress=lambda done, _: bar.update(task, completed=done)
        )
        lost = client.stats.dropped
    if sum(lost.values()):
        raise StoryError(f"the SDK lost events: {lost}")
    people = sum(len(customer.people) for customer in everybody)
    return Line("events", f"{len(everybody)} accounts, {people} users", f"{count:,} events of six months, Python SDK",
                {"count": count})  # fmt: skip


def _first_automation(place: Place, customer: Customer, screenshot: Path | None) -> Iterator[Line]:
    person = customer.people[0]
    with visit(place.product, place.url, place.public_key, customer, person) as visitor:
        visitor.sign_in()
        visitor.begin_automation()
        visitor.add_trigger()
        yield Line("event", f"{person.name}, {customer.name}", '"Trigger Added" from the page, browser SDK',
                   {"user": person.id, "name": "Trigger Added"})  # fmt: skip
        sight = visitor.see_nudge(screenshot)
        if sight is None:
            raise StoryError("no nudge appeared on the page")
        how = "" if sight.painted else " (claimed over HTTP: no Chromium here to paint it)"
        offer = _wait_for(lambda: _offer(place, person.id), "the nudge's shown report")
        yield Line(
            "nudge",
            f"{person.name}, {customer.name}",
            f'"{sight.title}": 2 of 4 steps done{how}',
            offer.proof,
        )
        visitor.finish_automation()
    yield _wait_for(lambda: _reached(place, customer), "the milestone")
    yield _wait_for(lambda: _mail(place, [customer]), "the mail after the milestone")


def _wait_for(look: Callable[[], Line | None], what: str) -> Line:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        line = look()
        if line is not None:
            return line
        time.sleep(LOOK_SECONDS)
    raise StoryError(f"waited {PATIENCE_SECONDS:.0f} s for {what}")


# --- looking through the read API -----------------------------------------------------------------
def _offer(place: Place, user_id: str) -> Line | None:
    shown = [offer for offer in place.read("offers", userId=user_id)["data"] if offer["shownAt"]]
    return _offer_line(shown[0]) if shown else None


def _offer_line(item: dict[str, Any]) -> Line:
    return Line("nudge", item["userId"], item["nudge"], {"id": item["id"]})


def _reached(place: Place, customer: Customer) -> Line | None:
    states = place.read("milestones", accountId=customer.id, milestone="first_automation")["data"]
    reached = [state for state in states if state["reachedAt"]]
    if not reached:
        return None
    steps = f"{reached[0]['done']} of {reached[0]['total']} steps"
    return Line("milestone", customer.name, f"first automation launched, {steps}",
                {"account": customer.id, "milestone": "first_automation"})  # fmt: skip


def _mail(place: Place, among: list[Customer]) -> Line | None:
    names = {customer.id: customer.name for customer in among}
    items = (
        place.read("deliveries", accountId=among[0].id, state="sent")["data"]
        if len(among) == 1
        else place.read("deliveries", state="sent", limit="200")["data"]
    )
    for item in reversed(items):  # the first one sent
        if item["channel"] == "email" and item["accountId"] in names:
            return _mail_line(item, names[item["accountId"]])
    return None


def _mail_line(item: dict[str, Any], name: str) -> Line:
    """A play's mail to a customer, or a notice to one of our own people, which is about no account."""
    about = f"play {item['play']}, {name}, long tail" if item["play"] else "to somebody of the team"
    return Line("mail", item["recipient"], f'"{item["subject"]}", {about}', {"id": item["id"]})


def _task(place: Place, among: list[Customer]) -> Line | None:
    names = {customer.id: customer for customer in among}
    for item in place.read("tasks", limit="200")["data"]:
        customer = names.get(item["accountId"])
        if customer is not None:
            return _task_line(item, customer.name, customer.csm.name)
    return None


def _task_line(item: dict[str, Any], account: str, csm: str) -> Line:
    summary = item["evidence"].get("words") or item["title"]
    return Line("task", f"{csm} (CSM), {account}", f"{summary}", {"id": item["id"]})


def _news(place: Place) -> Iterator[Line]:
    names = {item["id"]: item["name"] for item in place.read("accounts", limit="200")["data"]}
    for item in place.read("deliveries", state="sent", limit="50")["data"]:
        yield _mail_line(item, names.get(item["accountId"], item["accountId"]))
    for item in place.read("offers", limit="50")["data"]:
        if item["shownAt"]:
            yield _offer_line(item)
    for item in place.read("tasks", limit="50")["data"]:
        yield _task_line(item, names.get(item["accountId"], item["accountId"]), item.get("owner") or "team")
