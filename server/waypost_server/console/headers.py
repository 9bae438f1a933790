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
