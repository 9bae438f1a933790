"""One believable nudge of every surface that is more than a card, as decide answers it."""

from __future__ import annotations

from typing import Any

from tests.browser.sdk.stub import nudge


def words(text: str) -> list[dict[str, Any]]:
    """One paragraph of typed nodes."""
    return [{"t": "p", "c": [{"t": "text", "v": text}]}]


def slideout(**changes: Any) -> dict[str, Any]:
    """A card in the corner."""
    content = {
        "title": "Reports can send themselves",
        "body": words(
            "Choose a weekday and the people who should get it. Three of your colleagues do so already."
        ),
        "actions": [{"label": "Schedule a report", "url": "/reports/schedule", "primary": True}],
        "progress": None,
        **changes.pop("content", {}),
    }
    return nudge("report-schedule", "slideout", content=content, **changes)


def hotspot(**changes: Any) -> dict[str, Any]:
    """A dot at the launch button."""
    content = {
        "title": "Launch without sending",
        "body": words("Hold Shift while you launch: everything runs, and nothing leaves the building."),
        "actions": [{"label": "Read how", "url": "/help/dry-run"}],
        "progress": None,
        **changes.pop("content", {}),
    }
    where = {"path": "/automations/*", "anchor": "automation-launch"}
    return nudge("dry-run", "hotspot", kind="passive", where=where, content=content, **changes)


def tour(**changes: Any) -> dict[str, Any]:
    """Three steps: our button, the product's button on another route, an event."""
    steps = [
        {
            "key": "name",
            "where": {"path": "/automations/*", "anchor": "automation-name"},
            "content": {
                "title": "Give it a name",
                "body": words("Your colleagues will look for it by this name."),
            },
            "advance": {"on": "next"},
            "next": "launch",
        },
        {
            "key": "launch",
            "where": {"path": "/automations/*", "anchor": "automation-launch"},
            "content": {
                "title": "Launch it",
                "body": words("It starts with the next invoice. Press Launch to go on."),
            },
            "advance": {"on": "click"},
            "next": "team",
        },
        {
            "key": "team",
            "where": {"path": "/team"},
            "content": {
                "title": "Bring a colleague",
                "body": words("Invite one person who handles invoices."),
            },
            "advance": {"on": "event", "event": "invite_sent"},
            "next": None,
        },
    ]
    tour = {"resume": True, "start": "name", "steps": steps, **changes.pop("tour", {})}
    content = {"title": "Your first automation", **changes.pop("content", {})}
    made = nudge("first-automation", "tour", where={}, content=content, **changes)
    return {**made, "tour": tour}


def checklist(done: int = 2, **changes: Any) -> dict[str, Any]:
    """Four items, the first `done` of them ticked."""
    titles = ["Create an automation", "Choose who gets it", "Launch it", "Invite a colleague"]
    bodies = ["", "", "Launch it once and see it run.", "Two people make it survive a holiday."]
    items = [
        {
            "key": f"item-{i}",
            "title": title,
            "done": i < done,
            "url": f"/automations/{i}",
            **({"body": words(bodies[i])} if bodies[i] else {}),
        }
        for i, title in enumerate(titles)
    ]
    content = {
        "title": "Get started",
        "body": words("About ten minutes in all. Items tick themselves."),
        "finished": words("All four done. Your team is set up."),
        "progress": None,
        **changes.pop("content", {}),
    }
    made = nudge("get-started", "checklist", kind="passive", content=content, **changes)
    return {**made, "checklist": {"done": done, "total": 4, "items": items}}


def survey(questions: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """A recommendation score, stars, a choice and a text."""
    asked = questions or [
        {
            "key": "nps",
            "type": "nps",
            "required": True,
            "title": "How likely are you to recommend Acme to a colleague?",
            "low": "Not at all",
            "high": "Very likely",
        },
        {"key": "ease", "type": "stars", "required": False, "title": "How easy was your first automation?"},
        {
            "key": "missing",
            "type": "choice",
            "required": False,
            "multiple": True,
            "title": "What do you miss?",
            "options": [
                {"key": "approvals", "label": "Approvals before it runs"},
                {"key": "history", "label": "A history of every run"},
            ],
        },
        {"key": "why", "type": "text", "required": False, "title": "What is the main reason for your score?"},
    ]
    content = {
        "title": "Two minutes for your opinion",
        "body": words("It goes to the people who build this page."),
        "thanks": words("We read every answer. Where you named a problem, a person will write to you."),
        "progress": None,
        **changes.pop("content", {}),
    }
    made = nudge("nps-autumn", "survey", kind="survey", content=content, **changes)
    return {**made, "survey": {"questions": asked}}


def announcement(key: str, title: str, text: str, **changes: Any) -> dict[str, Any]:
    """An entry of the feed."""
    content = {"lang": "en", "dir": "ltr", "title": title, "body": words(text), **changes.pop("content", {})}
    made = {"key": key, "release": 12, "read": False, "published_on": "2026-11-20", "badge": True}
    return {**made, "content": content, **changes}


def feed() -> list[dict[str, Any]]:
    """Two unread entries and one that was read."""
    action = [{"label": "See the history", "url": "/automations/history"}]
    return [
        announcement(
            "run-history",
            "Every run has a history",
            "Open an automation to see what ran, when, and what it did.",
            content={"actions": action},
        ),
        announcement(
            "faster",
            "Reports open twice as fast",
            "Large reports now load the first page at once.",
            published_on="2026-11-12",
        ),
        announcement(
            "sso",
            "Sign in with your company account",
            "Ask an admin to turn it on.",
            published_on="2026-10-28",
            read=True,
        ),
    ]
