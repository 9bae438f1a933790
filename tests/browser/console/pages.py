"""Every page people see, of the console and of the links in mails, with an address that has something to show."""

from __future__ import annotations

from sqlalchemy import select

from tests.builders import WORKSPACE
from tests.console.conftest import Console
from waypost_server.services.addresses import preferences_url, unsubscribe_url, workshop_url
from waypost_server.store.tables import Key

DRAFT = "/drafts/marta@acme.example"
CONSOLE = (
    "/",
    "/queue",
    "/queue?scope=team&view=held",
    "/queue?scope=team&view=snoozed",
    "/queue?scope=team&view=closed",
    "/tasks/t1",
    "/tasks/t2",
    "/tasks/t4",
    "/tasks/t4/draft",
    "/tasks/t5",
    "/tasks/t6",
    "/nudges",
    "/nudges/automation-halfway",
    "/nudges/automation-halfway/funnel",
    "/nudges/automation-halfway/audience",
    "/nudges/automation-halfway/preview?lang=de",
    "/plays",
    "/plays/usage-drop",
    "/plays/automation-workshop",
    "/plays/usage-drop/start",
    "/bulk-starts/b1",
    "/bulk-starts/b2",
    "/runs/r1",
    "/runs/r2",
    "/runs/r3",
    "/workshops",
    "/workshops/automation-basics",
    "/workshop-slots/w2",
    "/workshop-slots/w3",
    "/drafts",
    DRAFT,
    f"{DRAFT}/publish",
    f"{DRAFT}/discard",
    f"{DRAFT}/files/in-app~2Fautomation-halfway.yaml",
    f"{DRAFT}/files/templates~2Fusage-drop-tips.md",
    "/drafts/spring/files/policy.yaml/conflict",
    "/deliveries",
    "/deliveries?state=failed",
    "/deliveries/d01",
    "/deliveries/d04",
    "/approvals",
    "/explain",
    "/explain?user=tidewater-0&nudge=automation-halfway",
    "/accounts",
    "/accounts?q=nobody",
    "/accounts/northwind",
    "/accounts/halden",
    "/adoption",
    "/users/fern-0",
    "/me",
    "/settings",
    "/settings/keys",
    "/settings/people",
    "/settings/people/acme-prod-csm/disable",
    "/settings/endpoints",
    "/settings/releases",
    "/settings/releases/1",
    "/settings/releases/2",
    "/settings/releases/1/to/2?by=line",
    "/settings/releases/1/roll-back",
    "/settings/quarantine",
    "/settings/audit",
    "/missing",
)
PARTS = {  # what a page shows in a frame, hands out as a file, or leads on to another page
    "console.accounts_file",
    "console.queue_file",
    "console.static",
    "console.message_draft_html",
    "console.delivery_html",
    "console.nudge_stage",
    "console.releases_chosen",
}
STRANGERS = {"console.login", "console.login_link"}  # the others need a login


def inside(console: Console) -> list[str]:
    """Paths for somebody who is logged in."""
    with console.runtime.db.read() as session:
        key = session.scalars(select(Key.id).where(Key.workspace_id == WORKSPACE).order_by(Key.name)).first()
    return [f"/console{path}" for path in (*CONSOLE, f"/settings/keys/{key}/revoke")]


def outside(console: Console) -> list[str]:
    """Paths that need no login: the way in, and what links in mails lead to."""
    runtime = console.runtime
    links = [
        unsubscribe_url(runtime, WORKSPACE, "bruno@tidewater.example"),
        preferences_url(runtime, WORKSPACE, "tidewater-0"),
        *(workshop_url(runtime, WORKSPACE, invitation) for invitation in ("w1-0", "w3-0", "w3-1", "w3-2")),
    ]
    paths = [link.removeprefix(runtime.base_url) for link in links]
    return [*paths, "/u/torn", "/p/torn", "/w/torn", "/console/login", "/console/login/link/spent"]
