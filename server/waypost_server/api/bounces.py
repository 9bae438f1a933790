"""Bounces and complaints: a mail server's report as it came, or a provider's word for it as JSON."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.errors import problem
from waypost_server.api.rest import Camel, Id, Words, caller, resource
from waypost_server.channels import bounce
from waypost_server.services.take_bounce import take_reports

blueprint = resource("bounces", "What came back of the mail that was sent.")
RAW = "message/rfc822"


class Bounce(Camel):
    """One mail's fate, as a provider tells it."""

    delivery_id = Id(required=True, metadata={"description": "The X-Waypost-Delivery header of the mail."})
    kind = fields.String(
        required=True,
        validate=validate.OneOf(["hard", "soft", "complaint"]),
        metadata={"description": "hard: it will never arrive; soft: not now; complaint: marked as spam."},
    )
    status = Words(20, load_default="", metadata={"example": "5.1.1"})
    detail = Words(bounce.DETAIL, load_default="")
    report_id = Words(200, load_default="", metadata={"description": "The same report twice counts once."})


class Taken(Camel):
    """What became of it."""

    taken = fields.Integer(required=True, strict=True)
    known = fields.Integer(required=True, strict=True, metadata={"description": "Read before."})
    unmatched = fields.Integer(
        required=True, strict=True, metadata={"description": "About no mail of this workspace."}
    )
    suppressed = fields.Integer(
        required=True, strict=True, metadata={"description": "Addresses not written to from now on."}
    )


@blueprint.route("/bounces", methods=["POST"])
@blueprint.arguments(Bounce)
@blueprint.response(200, Taken)
def take(given: dict[str, Any]) -> Any:
    """Report a bounce or a complaint"""
    report = bounce.Report(
        kind=given["kind"],
        status=given["status"],
        detail=given["detail"] or given["status"],
        delivery_id=given["delivery_id"],
        returned_to=(),
        report_id=given["report_id"],
    )
    return take_reports(runtime(), caller().workspace_id, [report])


@blueprint.route("/bounces/raw", methods=["POST"])
@blueprint.doc(requestBody={"required": True, "content": {RAW: {"schema": {"type": "string"}}}})
@blueprint.response(200, Taken)
def take_raw() -> Any:
    """Pass on a mail server's report as it came: send the whole message as message/rfc822"""
    if request.mimetype != RAW:
        return problem(415, "unsupported_media_type", f"Send the message as {RAW}.")
    return take_reports(runtime(), caller().workspace_id, bounce.read(request.get_data()))
