"""Schemas of the SDK routes and of errors, for the documentation. These routes decode by other, faster means."""

from __future__ import annotations

from marshmallow import INCLUDE, fields, validate

from waypost_server.api.rest import Camel, Time

TYPES = ["track", "identify", "group", "page", "screen", "alias"]


class Open(Camel):
    """These answers may grow, and requests may carry more than is named here."""

    class Meta:
        unknown = INCLUDE


class ProblemEntry(Open):
    """One thing that is wrong."""

    pointer = fields.String(metadata={"description": "JSON pointer to it."})
    in_ = fields.String(data_key="in", metadata={"description": "body, query, headers or path."})
    code = fields.String(required=True)
    message = fields.String(required=True)


class Problem(Open):
    """What went wrong, as problem details (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True, strict=True)
    code = fields.String(required=True, metadata={"description": "Stable; decide by it."})
    message = fields.String(required=True, metadata={"description": "What is wrong and what to do."})
    reason = fields.String(metadata={"description": "With code held: which gate."})
    detail = fields.Dict(metadata={"description": "Numbers behind it."})
    errors = fields.List(fields.Nested(ProblemEntry))


class Context(Open):
    """Where and how an event happened."""

    group_id = fields.String(metadata={"description": "The account."})


class Event(Open):
    """One fact, in Segment's wire format."""

    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    message_id = fields.String(
        metadata={"description": "Made by the sender; the same id twice is one event."}
    )
    user_id = fields.String()
    anonymous_id = fields.String()
    timestamp = fields.String(metadata={"description": "When it happened, ISO 8601.", "format": "date-time"})
    event = fields.String(metadata={"description": "With track: what happened."})
    name = fields.String(metadata={"description": "With page and screen."})
    group_id = fields.String(metadata={"description": "With group: the account."})
    properties = fields.Dict()
    traits = fields.Dict(metadata={"description": "With identify and group."})
    context = fields.Nested(Context)


class Batch(Open):
    """Up to 2,500 events of up to 32 KB each; 512 KB in all."""

    batch = fields.List(fields.Nested(Event), required=True)
    sent_at = fields.String(metadata={"format": "date-time"})
    write_key = fields.String(metadata={"description": "The key, where no header can be sent."})
    context = fields.Nested(Context)


class Rejected(Open):
    """An event that was quarantined, and why."""

    index = fields.Integer(required=True, strict=True)
    message_id = fields.String(allow_none=True)
    code = fields.String(required=True)
    message = fields.String(required=True)


class Received(Open):
    """What became of the events: stored, known already, quarantined."""

    success = fields.Boolean(required=True)
    accepted = fields.Integer(required=True, strict=True)
    duplicate = fields.Integer(required=True, strict=True)
    rejected = fields.List(fields.Nested(Rejected), required=True)


class Visit(Open):
    """Where the person is in their session."""

    session_started_at = fields.DateTime(
        metadata={"description": "When the session began; it ends after 30 minutes without activity."}
    )


class DecideContext(Visit):
    """What the page knows about the visit."""

    locale = fields.String(metadata={"example": "de-DE"})
    timezone = fields.String(metadata={"example": "Europe/Berlin"})
    path = fields.String(metadata={"example": "/automations"})
    page = fields.Dict(
        metadata={"description": "`path` and `title`: the facts `page.path` and `page.title`."}
    )
    viewport = fields.Float(metadata={"description": "The window's width in pixels: `page.viewport`."})


class DecideRequest(Open):
    """Who looks, and from where."""

    user_id = fields.String(required=True, validate=validate.Length(1))
    account_id = fields.String(metadata={"description": "The only or last known account without it."})
    context = fields.Nested(DecideContext)
    user_token = fields.String(metadata={"description": "Signed proof of userId, with a public key."})
    nudge = fields.String(metadata={"description": "Answer only for this nudge."})
    explain = fields.Boolean(metadata={"description": "With a secret key: say what is held, and why."})


class Where(Open):
    """What the browser checks before it shows the nudge."""

    path = fields.String(allow_none=True, metadata={"example": "/automations/*"})
    anchor = fields.String(allow_none=True)
    delay_seconds = fields.Float(data_key="delay_seconds")


class DecidedNudge(Open):
    """A nudge this user may see now."""

    key = fields.String(required=True)
    surface = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["interrupting", "passive", "survey"]))
    variant = fields.String(metadata={"description": "Which words these are, if not the nudge's own."})
    release = fields.Integer(required=True, strict=True)
    where = fields.Nested(Where)
    content = fields.Dict(required=True, metadata={"description": "Title, body as typed nodes, actions."})
    tour = fields.Dict(metadata={"description": "`resume`, `start`, and the `steps` left for this user."})
    checklist = fields.Dict(metadata={"description": "`done`, `total`, and the `items`, ticked by facts."})
    survey = fields.Dict(metadata={"description": "The `questions`. Answer with the reaction `answered`."})


class News(Open):
    """An announcement in the feed. Claim it and report `shown` when the user opens it: then it is read."""

    key = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    read = fields.Boolean(required=True)
    published_on = fields.Date(required=True, data_key="published_on")
    badge = fields.Boolean(required=True, metadata={"description": "Count it as unread until it is opened."})
    content = fields.Dict(required=True, metadata={"description": "Title, body as typed nodes, actions."})


class Decision(Open):
    """The nudges for a user, best first."""

    user_id = fields.String(required=True)
    account_id = fields.String(allow_none=True)
    release = fields.Integer(strict=True, allow_none=True)
    ttl = fields.Integer(required=True, strict=True, metadata={"description": "Seconds to keep it."})
    nudges = fields.List(fields.Nested(DecidedNudge), required=True)
    feed = fields.List(
        fields.Nested(News),
        required=True,
        metadata={"description": "Announcements, newest first, at most 20."},
    )
    theme = fields.Dict(metadata={"description": "`light`, `dark` and `radius`: how nudges look, if set."})
    by_page = fields.Boolean(metadata={"description": "Present when another page may have another answer."})
    held = fields.List(fields.Dict(), metadata={"description": "With explain: what was held, and why."})


class ClaimRequest(Open):
    """A nudge that is about to be painted."""

    user_id = fields.String(required=True, validate=validate.Length(1))
    account_id = fields.String()
    nudge = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    claim_id = fields.UUID(
        required=True, metadata={"description": "Made by the browser; repeat it to retry."}
    )
    context = fields.Nested(DecideContext)
    user_token = fields.String()


class Granted(Open):
    """The nudge may be painted. Report `shown` within ten minutes, or its place is given back."""

    granted = fields.Boolean(required=True)
    offer = fields.String(required=True)
    expires_at = Time(required=True)


class Explanation(Open):
    """Every nudge with every gate, and every leaf of its condition with the value seen."""

    nudges = fields.List(fields.Dict(), required=True)
