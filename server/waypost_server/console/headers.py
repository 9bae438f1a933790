"""Security headers of every console answer. No inline script or style anywhere, so the policy is strict."""

from __future__ import annotations

from flask import Response, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
# A mail in a frame: no script, no form, no request leaves it; its styles stand on its elements.
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
OPTIONS = {
    "X-Content-Type-Options": "nosniff",
    # not "no-referrer": with that, browsers send "Origin: null" with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(**changes: str) -> str:
    """The policy as a header; `frame_src="'self'"` adds or replaces a directive."""
    merged = {**POLICY, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return "; ".join(f"{name} {value}" for name, value in merged.items())


def framed_mail(html: str) -> Response:
    """The HTML part of a mail, for a frame of ours."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def protect(response: Response) -> Response:
    """Add what is missing; a view may have set a policy of its own."""
    response.headers.setdefault("Content-Security-Policy", policy())
    response.headers.setdefault("X-Frame-Options", "DENY")
    for name, value in OPTIONS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "console.static":
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
