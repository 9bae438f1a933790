"""Every resource of the read API, in the order of the documentation."""

from __future__ import annotations

from flask import Flask

from waypost_server.api import (
    account_owner,
    accounts,
    adoption,
    approvals,
    bounces,
    bulk_starts,
    contacts,
    definitions,
    deliveries,
    docs,
    drafts,
    editor_schema,
    endpoints,
    funnel,
    message_drafts,
    metrics,
    milestones,
    motion,
    offers,
    openapi,
    plays,
    quarantine,
    releases,
    sdk_script,
    sending,
    signals,
    stats,
    surveys,
    tasks,
    users,
    workshops,
)

RESOURCES = [
    accounts,
    motion,
    account_owner,
    users,
    adoption,
    funnel,
    milestones,
    offers,
    surveys,
    signals,
    tasks,
    message_drafts,
    plays,
    bulk_starts,
    workshops,
    deliveries,
    approvals,
    sending,
    endpoints,
    bounces,
    contacts,
    releases,
    definitions,
    drafts,
    stats,
    quarantine,
]


def register(app: Flask) -> None:
    """Add them, their document, its page, the schema for editors, the SDK script and the metrics."""
    openapi.register(app, [module.blueprint for module in RESOURCES])
    for module in (docs, editor_schema, sdk_script, metrics):
        app.register_blueprint(module.blueprint)
