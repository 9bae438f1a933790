"""A request of each operation as somebody would send it: in the OpenAPI document, and so on its page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

BY = "dana@acme.example"
MESSAGE_ID = "m-51c7"
CONTEXT = {"groupId": "acme"}
TRACK = {
    "type": "track",
    "messageId": MESSAGE_ID,
    "userId": "u-17",
    "event": "Report Exported",
    "properties": {"format": "pdf"},
    "context": CONTEXT,
}
PAGE = {"locale": "de-DE", "timezone": "Europe/Berlin", "page": {"path": "/reports/7"}}
FILES = {
    "catalog.yaml": "product: Acme\nfeatures:\n  report_export: {title: Export, events: [Report Exported]}\n"
}
REASON = {"reason": "Asked to wait until their audit is over"}
PARAMETERS = {"userId": "u-17", "by": BY, "If-Match": '"3"'}


def requests(now: datetime) -> dict[tuple[str, str], Any]:
    """The body of each operation that takes JSON, by (method, path). What must lie ahead is counted from `now`."""
    soon = f"{now + timedelta(days=30):%Y-%m-%d}T10:00:00Z"
    past = f"{now - timedelta(days=30):%Y-%m-%d}T10:00:00Z"
    return {**_events(past), **_asked(), **_work(now, soon), **_automation(soon), **_definitions()}


def _events(past: str) -> dict[tuple[str, str], Any]:
    who = {"messageId": MESSAGE_ID, "userId": "u-17"}
    view = {**who, "name": "Reports", "context": CONTEXT}
    bodies = {
        "batch": {"batch": [TRACK]},
        "import": {"batch": [{**TRACK, "timestamp": past}]},
        "track": TRACK,
        "identify": {
            "type": "identify",
            **who,
            "traits": {"name": "Ada", "role": "admin"},
            "context": CONTEXT,
        },
        "group": {"type": "group", **who, "groupId": "acme", "traits": {"name": "Acme", "plan": "growth"}},
        "page": {"type": "page", **view},
        "screen": {"type": "screen", **view},
        "alias": {"type": "alias", "messageId": MESSAGE_ID, "previousId": "a-9f2c", "userId": "u-17"},
    }
    return {("post", f"/v1/{name}"): body for name, body in bodies.items()}


def _asked() -> dict[tuple[str, str], Any]:
    who = {"userId": "u-17", "accountId": "acme"}
    claim = {**who, "nudge": "export-hint", "release": 1, "claimId": "0198f2a4-6c1e-7b53-9a44-2f0d8f3e6c11"}
    return {
        ("post", "/v1/decide"): {**who, "context": PAGE},
        ("post", "/v1/claim"): {**claim, "context": PAGE},
        ("post", "/v1/audience"): {"condition": {"user.role": "admin"}},
    }


def _work(now: datetime, soon: str) -> dict[tuple[str, str], Any]:
    call = {"id": "crm-812", "accountId": "acme", "userId": "u-17", "channel": "call"}
    task = "/v1/tasks/{task_id}"
    return {
        ("put", "/v1/accounts/{account_id}/motion"): {
            "motion": "strategic",
            "until": soon,
            **REASON,
            "by": BY,
        },
        ("put", "/v1/accounts/{account_id}/owner"): {"owner": BY, "reason": "Arif is away", "by": BY},
        ("post", "/v1/signals/{signal_id}/task"): {"title": "Use has halved"},
        ("post", "/v1/signals/{signal_id}/leave"): {"reason": "They are on holiday"},
        ("patch", task): {"state": "done", "outcome": "Call booked", "externalId": "CRM-7"},
        ("post", f"{task}/done"): {"outcome": "Call booked"},
        ("post", f"{task}/snooze"): {"until": soon, "note": "After their audit"},
        ("post", f"{task}/dismiss"): {"reason": "They are leaving"},
        ("post", f"{task}/reassign"): {"owner": BY, "note": "Knows them"},
        ("post", f"{task}/draft/send"): {"by": BY},
        ("post", f"{task}/draft/skip"): {"by": BY, "reason": "Spoke to them already"},
        ("post", "/v1/contacts"): {**call, "at": f"{now:%Y-%m-%d}T00:00:00Z", "note": "Sends a plan"},
    }


def _automation(soon: str) -> dict[tuple[str, str], Any]:
    slot = "/v1/workshop-slots/{slot_id}"
    bounce = {"deliveryId": "0198f2a4-6c1e-7b53-9a44-2f0d8f3e6c11", "kind": "hard", "status": "5.1.1"}
    return {
        ("post", "/v1/plays/{play}/runs"): {"accountId": "acme", "userId": "u-17"},
        ("post", "/v1/plays/runs/{run_id}/cancel"): REASON,
        ("post", "/v1/plays/runs/{run_id}/pause"): REASON,
        ("post", "/v1/plays/{play}/pause"): REASON,
        ("post", "/v1/plays/{play}/bulk-starts"): {"condition": {"account.plan": "growth"}},
        ("post", "/v1/workshops/{workshop}/slots"): {"startsAt": soon, "capacity": 12, "by": BY},
        ("patch", slot): {"startsAt": soon, "by": BY},
        ("post", f"{slot}/cancel"): {"reason": "The speaker is ill", "by": BY},
        ("post", f"{slot}/attendance"): {"attended": ["u-17"], "missed": ["u-18"], "by": BY},
        ("post", "/v1/approvals/{approval_id}/approve"): {"by": BY},
        ("post", "/v1/approvals/{approval_id}/reject"): {"by": BY, "reason": "Wrong audience"},
        ("post", "/v1/sending/stop"): {"reason": "Wrong words went out"},
        ("post", "/v1/endpoints/{channel}/{name}/disable"): {"reason": "The CRM moves house"},
        ("post", "/v1/endpoints/{channel}/{name}/address"): {
            "address": "https://hooks.slack.com/services/T0/B0/x"
        },
        ("post", "/v1/bounces"): {**bounce, "reportId": "hook-1"},
    }


def _definitions() -> dict[tuple[str, str], Any]:
    words = {"files": FILES, "message": "Name the export"}
    return {
        ("post", "/v1/releases"): words,
        ("post", "/v1/definitions/validate"): {"files": FILES},
        ("post", "/v1/definitions/plan"): {"files": FILES},
        ("post", "/v1/definitions/apply"): {**words, "base": 1},
        ("post", "/v1/definitions/rollback/{number}"): {"message": "Back to last week"},
        ("post", "/v1/definitions/drafts"): {"files": FILES, "name": "name-the-export"},
    }
