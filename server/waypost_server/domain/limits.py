"""The limits of ingest, in one place; each is exact and each is tested."""

from __future__ import annotations

BODY_BYTES = 512 * 1024  # on the wire, and inflated
BATCH_EVENTS = 2_500
EVENT_BYTES = 32 * 1024  # an event as compact UTF-8 JSON
VALUE_BYTES = 8 * 1024  # one property or trait
KEY_BYTES = 150  # one name of a property or trait, also the name of an event or page
PROPERTIES = 300  # names in properties, or in traits
DOCUMENT_DEPTH = 128  # nesting of a whole body; deeper is refused
EVENT_DEPTH = 16  # nesting of one event; deeper is quarantined
ID_BYTES = 255  # userId, anonymousId, groupId, previousId
MESSAGE_ID_CHARACTERS = 100
SAFE_INTEGER = 2**53 - 1  # beyond it a JSON number is not exact everywhere
PROFILE_TRAITS = 500  # traits kept of one user or account
