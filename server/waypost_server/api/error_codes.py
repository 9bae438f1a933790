"""The codes of errors: what each means, and which an operation may answer. The OpenAPI document and docs/api.md
are made of this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waypost_server.api.errors import TITLES

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "400": {
        "invalid": "a field or parameter is missing, unknown or out of range; `errors` names each place",
        "bad_json": "the body is not JSON",
        "bad_body": "the body, or one part of it, has another shape than this route takes",
        "bad_encoding": "the body is not UTF-8",
        "bad_gzip": "cut off, more than one member, or not gzip",
        "too_deep": "it nests deeper than is read",
        "batch_missing": "`batch` is not a list of events",
        "context_type": "`context` is not an object",
        "keys_differ": "the events name different keys",
        "events_rejected": "strict mode: at least one event is refused, so none is stored",
        "id_denied": "an id that names nobody, such as `null`; the other codes of ids are in docs/ingest.md",
        "bad_claim_id": "`claimId` must be new and 8 to 128 characters of `A-Z a-z 0-9 _ . : -`",
        "bad_cursor": "`cursor` is not a `next` of this list",
        "bad_span": "`from` is after `to`, or they are more than two years apart",
        "bad_time": "the time cannot be read, or cannot be meant",
        "not_yet": "`at` is in the future",
        "user_missing": "`userId` is missing",
        "bad_version": '`If-Match` is not a version in quotes, such as `"7"`',
        "outcome_required": "say what came of it",
        "reason_required": "say why",
        "note_required": "the note is empty",
        "until_required": "say until when",
        "snooze_in_the_past": "`until` is over already",
        "unknown_owner": "nobody with a login has this id or e-mail",
        "unknown_person": "`by` is nobody with a login who may do this",
        "bad_subject": "the subject is empty, too long, or more than one line",
        "bad_channel": "another channel than call, meeting or message",
        "bad_id": "the id is empty, too long, or has characters that cannot be stored",
        "bad_motion": "the catalogue has no such motion",
        "bad_until": "not within a year from now",
        "user_required": "this play is about a user: name one",
        "play_of_users": "this play is about users and cannot be started for accounts",
        "fact_scope": "the condition reads facts of a user; here only those of accounts are known",
        "unknown_fact": "the condition or the words name a fact that does not exist",
        "condition": "the condition cannot be meant; the code says how, the message where",
        "condition_missing": "name a condition, or a nudge that has one",
        "bad_address": "not an address of this service",
        "address_in_policy": "the address of a webhook stands in policy.yaml",
        "bad_name": "the name is empty, too long, or has characters that it may not have",
        "bad_capacity": "fewer places than are taken, or not a number of them",
        "bad_timezone": "not an IANA time zone",
        "bad_start": "not in the future, or too far in it",
        "bad_attendance": "somebody both came and stayed away",
        "not_invited": "somebody who is named was not invited to the slot",
        "too_many": "more people than one request may name",
        "definitions_refused": "the files have errors; `errors` names file, line and remedy",
        "template": "the words cannot be filled in",
        "too_large": "too many files, or one that is too long",
    },
    "401": {
        "key_missing": "no key was sent",
        "bad_key": "not a key of this Waypost",
        "key_revoked": "the key was revoked",
        "token_required": "a production workspace takes this only with a user token",
        "token_invalid": "the user token was not signed with this workspace's secret, or speaks for somebody else",
        "token_expired": "the user token is over",
    },
    "403": {
        "scope_missing": "the key may not do this",
        "secret_key_in_browser": "a secret key came from a page: revoke it and use a public key",
        "forbidden": "the person or key may not do this",
        "own_words": "whoever published the words may not approve them while somebody else could",
    },
    "404": {"not_found": "no such thing here; another workspace's id reads exactly the same"},
    "405": {"method_not_allowed": "`Allow` names the methods"},
    "409": {
        "conflict": "the thing changed meanwhile, or is in no state for this; read it again",
        "held": "the nudge is held; `reason` says which gate, `detail` has its numbers",
        "too_late": "closed too long ago to be opened again",
        "not_started": "audience or limit of the play say no; `anyway` passes over both",
        "play_state": "the play or run is in no state for this",
        "suppressed": "the address gets no mail",
        "workshop_over": "the slot has begun or was called off",
        "reaches_strategic": "automated steps would newly reach strategic accounts; `acceptStrategic` passes over it",
        "base_moved": "another release is live than `base`",
        "other_environment": "the workspace lives in another environment",
        "draft_in_the_way": "the draft holds edits that you have not seen; send its `seen`",
        "draft_changed": "the draft changed meanwhile; read it again",
    },
    "412": {"version_changed": "it has another version than `If-Match` names; read it and decide again"},
    "413": {"too_large": "the body is over the limit; send less"},
    "415": {"unsupported_media_type": "send JSON"},
    "428": {"version_required": "send the version you know in `If-Match`"},
    "429": {"unavailable": "the database is away; wait `Retry-After` seconds"},
    "503": {"unavailable": "the database is away; wait `Retry-After` seconds"},
}
_READ = {"400": ("bad_cursor",)}
_NAMED = {"400": ("unknown_person", "reason_required")}
_TOKENS = ("token_required", "token_invalid", "token_expired")
_BODIES = ("bad_body", "bad_encoding", "bad_gzip", "too_deep")
_PUBLISHING = {
    "400": ("definitions_refused", "too_large"),
    "409": ("reaches_strategic", "base_moved", "other_environment"),
}
# By tag, what its operations may answer beside what any operation may.
OF_TAG: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ingest": {
        "400": (*_BODIES, "batch_missing", "context_type", "keys_differ", "events_rejected"),
        "401": _TOKENS,
    },
    "decide": {
        "400": ("bad_body", "id_denied", "bad_claim_id", "user_missing", "bad_time", "not_yet"),
        "401": _TOKENS,
        "403": ("forbidden",),
        "409": ("held",),
    },
    "accounts": {"400": ("bad_cursor", "bad_span")},
    "users": {"400": ("bad_span",)},
    "motion": {"400": ("bad_motion", "bad_until", *_NAMED["400"])},
    "owner": {"400": ("unknown_owner", *_NAMED["400"])},
    "tasks": {
        "400": ("outcome_required", "reason_required", "note_required", "until_required", "snooze_in_the_past",
                "unknown_owner", "bad_cursor", "bad_version"),
        "409": ("too_late",),
    },
    "messages": {"400": ("bad_subject", "bad_body", *_NAMED["400"]), "403": ("forbidden",), "409": ("suppressed",)},
    "signals": {"400": ("reason_required", "bad_cursor")},
    "plays": {"400": ("user_required", "reason_required", "bad_cursor"), "409": ("not_started", "play_state")},
    "bulk_starts": {"400": ("play_of_users", "fact_scope", "unknown_fact", "condition"), "409": ("play_state",)},
    "workshops": {
        "400": ("bad_capacity", "bad_timezone", "bad_start", "bad_attendance", "not_invited", "too_many",
                *_NAMED["400"]),
        "409": ("workshop_over",),
    },
    "approvals": {"400": _NAMED["400"], "403": ("forbidden", "own_words")},
    "sending": {"400": ("reason_required",)},
    "endpoints": {"400": ("reason_required", "bad_address", "address_in_policy")},
    "contacts": {"400": ("bad_channel", "bad_id", "bad_time", "unknown_person")},
    "definitions": {
        "400": (*_PUBLISHING["400"], "condition", "condition_missing", "unknown_fact"),
        "409": _PUBLISHING["409"],
    },
    "releases": {"400": (*_PUBLISHING["400"], "bad_cursor"), "409": _PUBLISHING["409"]},
    "drafts": {"400": ("bad_name", "too_large"), "409": ("draft_in_the_way", "draft_changed")},
    "stats": {"400": ("bad_span",)},
    **dict.fromkeys(("adoption", "milestones", "offers", "surveys", "deliveries", "quarantine"), _READ),
}  # fmt: skip


def statuses(path: str, method: str, operation: Mapping[str, Any]) -> list[str]:
    """The statuses of errors that can happen to an operation."""
    found = ["401", "403", "429", "503"]
    if operation.get("parameters") or "requestBody" in operation:
        found.append("400")
    if "{" in path or operation["tags"] in (["decide"], ["contacts"], ["definitions"]):
        found.append("404")
    if "requestBody" in operation:
        found += ["413", "415"]
    if method == "post":
        found.append("409")
    if any(each["name"] == "If-Match" for each in operation.get("parameters", ())):
        found += ["409", "412", "428"]
    return sorted(status for status in found if _codes(status, operation["tags"][0]))


def response(status: str, tag: str) -> dict[str, Any]:
    """The answer of an operation of `tag` with this status: its codes in words, and an example of each."""
    codes = _codes(status, tag)
    words = "; ".join(f"`{code}`: {MEANINGS[status][code]}" for code in codes)
    schema = {"$ref": "#/components/schemas/Problem"}
    examples = {code: {"value": _example(status, code)} for code in codes}
    return {
        "description": f"{words}.",
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    }


def markdown_table() -> str:
    """Every code, for docs/api.md."""
    rows = [
        f"| {status} | `{code}` | {words} |"
        for status, codes in MEANINGS.items()
        for code, words in codes.items()
    ]
    return "\n".join(["| status | code | meaning |", "|---|---|---|", *rows])


def _codes(status: str, tag: str) -> list[str]:
    usual = {
        "400": ("invalid", "bad_json", "too_deep"),
        "401": ("key_missing", "bad_key", "key_revoked"),
        "403": ("scope_missing", "secret_key_in_browser"),
        "409": ("conflict",),
    }.get(status, tuple(MEANINGS[status]))
    mine = OF_TAG.get(tag, {}).get(status, ())
    if tag in ("ingest", "decide"):  # they decode by other, stricter means
        usual = tuple(code for code in usual if code not in ("invalid", "conflict"))
    return list(dict.fromkeys([*usual, *mine]))


def _example(status: str, code: str) -> dict[str, Any]:
    words = MEANINGS[status][code]
    return {
        "type": "about:blank",
        "title": TITLES.get(int(status), "Error"),
        "status": int(status),
        "code": code,
        "message": f"{words[0].upper()}{words[1:]}.",
    }
