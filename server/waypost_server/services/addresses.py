"""Addresses as keyed hashes, and the links that stop e-mail. Both need only the server's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

from waypost_server.domain.errors import NotFoundError
from waypost_server.services.runtime import Runtime

_SEPARATOR = "\x1f"
CUT = "This link is not complete. Copy the whole address from the e-mail."
GONE = "link_gone"  # the code of the error for a link that is ours, and leads to nothing any more
LONGEST_TOKEN = 3_000  # a user's id has up to 512 characters of up to four bytes


def address_hash(runtime: Runtime, workspace_id: str, address: str) -> str:
    """What is kept of a suppressed address: nobody can read it back, equal addresses give equal hashes."""
    return _mac(runtime, "address", workspace_id, address.strip().casefold()).hex()


def unsubscribe_url(runtime: Runtime, workspace_id: str, address: str, *, locale: str | None = None) -> str:
    """A link that stops e-mail to this address in this workspace, for ever valid. Who reads it is not in the token,
    so their language goes along where it is known."""
    hashed = address_hash(runtime, workspace_id, address)
    url = f"{runtime.base_url}/u/{_token(runtime, 'unsubscribe', workspace_id, hashed)}"
    return f"{url}?lang={quote(locale, safe='')}" if locale else url


def read_token(runtime: Runtime, token: str) -> tuple[str, str]:
    """(workspace, address hash) of an unsubscribe token; NotFoundError when it is not one of ours."""
    return _read(runtime, "unsubscribe", token)


def preferences_url(runtime: Runtime, workspace_id: str, user_id: str) -> str:
    """A link to the page on which a person chooses what they get, for ever valid."""
    return f"{runtime.base_url}/p/{_token(runtime, 'preferences', workspace_id, user_id)}"


def read_preferences_token(runtime: Runtime, token: str) -> tuple[str, str]:
    """(workspace, user) of a token of that page; NotFoundError when it is not one of ours."""
    return _read(runtime, "preferences", token)


def workshop_url(runtime: Runtime, workspace_id: str, invitation_id: str) -> str:
    """A link to the page on which a person answers an invitation to a workshop."""
    return f"{runtime.base_url}/w/{_token(runtime, 'workshop', workspace_id, invitation_id)}"


def read_workshop_token(runtime: Runtime, token: str) -> tuple[str, str]:
    """(workspace, invitation) of a token of that page; NotFoundError when it is not one of ours."""
    return _read(runtime, "workshop", token)


def _token(runtime: Runtime, purpose: str, workspace_id: str, subject: str) -> str:
    body = _SEPARATOR.join((workspace_id, subject))
    mac = _mac(runtime, purpose, body)[:16]
    return base64.urlsafe_b64encode(mac + body.encode()).decode().rstrip("=")


def _read(runtime: Runtime, purpose: str, token: str) -> tuple[str, str]:
    if len(token) > LONGEST_TOKEN:
        raise NotFoundError(CUT)
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        body = raw[16:].decode()
    except ValueError as error:
        raise NotFoundError(CUT) from error
    if not hmac.compare_digest(raw[:16], _mac(runtime, purpose, body)[:16]):
        raise NotFoundError(CUT)
    workspace_id, _, subject = body.partition(_SEPARATOR)
    return workspace_id, subject


def webhook_secret(runtime: Runtime, workspace_id: str, name: str, version: int = 0) -> str:
    """A signing secret of a webhook, to be shown to whoever runs its endpoint (`whsec_…`); each version is another."""
    parts = (workspace_id, name, str(version)) if version else (workspace_id, name)
    return "whsec_" + base64.b64encode(_mac(runtime, "webhook", *parts)).decode()


def return_mac(runtime: Runtime, workspace_id: str, delivery_id: str) -> str:
    """What proves that a return address is ours: 16 characters that survive a mail server's lower case."""
    return _mac(runtime, "return", workspace_id, delivery_id)[:8].hex()


def _mac(runtime: Runtime, purpose: str, *parts: str) -> bytes:
    text = _SEPARATOR.join((purpose, *parts))
    return hmac.new(runtime.secret.encode(), text.encode(), hashlib.sha256).digest()
