"""The address a mail is returned to: it names the delivery, signed, so that a bounce finds it whatever else is lost."""

from __future__ import annotations

import hmac

from waypost_server.services.addresses import return_mac
from waypost_server.services.runtime import Runtime

LOCAL_PART = 64  # RFC 5321


def return_path(runtime: Runtime, workspace_id: str, delivery_id: str) -> str | None:
    """`bounces+<delivery>.<mac>@…`; None without WAYPOST_BOUNCE_ADDRESS, or when it would be too long."""
    if not runtime.bounce_address:
        return None
    base, _, domain = runtime.bounce_address.rpartition("@")
    local = f"{base}+{delivery_id}.{return_mac(runtime, workspace_id, delivery_id)}"
    return f"{local}@{domain}" if len(local) <= LOCAL_PART else None


def delivery_of(runtime: Runtime, workspace_id: str, address: str) -> str:
    """The delivery that an address of ours names in this workspace; '' for any other address."""
    local = address.rpartition("@")[0]
    delivery_id, _, mac = local.partition("+")[2].rpartition(".")
    if not delivery_id or not mac.isascii():
        return ""
    known = hmac.compare_digest(return_mac(runtime, workspace_id, delivery_id), mac.lower())
    return delivery_id if known else ""
