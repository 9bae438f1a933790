"""What mail servers and providers send back, as they send it."""

from __future__ import annotations

RETURNED = "bounces+{0}.{1}@acme.example"


def dsn(
    delivery_id: str,
    *,
    mac: str = "abc",
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 no",
    number: int = 1,
) -> bytes:
    """A delivery status notification as Postfix writes it."""
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {RETURNED.format(delivery_id, mac)}\n"
        f"Message-ID: <report-{number}@mx.example>\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n"
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; somebody.else@victim.example\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n\n"
        "--B\nContent-Type: text/rfc822-headers\n\n"
        f"From: acme@acme.example\nSubject: Hello\nX-Waypost-Delivery: {delivery_id}\n\n--B--\n"
    ).encode()


def arf(delivery_id: str, *, kind: str = "abuse") -> bytes:
    """A complaint as a feedback loop sends it."""
    return (
        "From: fbl@provider.example\nTo: abuse@acme.example\nMessage-ID: <arf-1@provider.example>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nThis is a complaint.\n\n"
        f"--B\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: FBL/1\nVersion: 1\n"
        f"Original-Mail-From: <{RETURNED.format(delivery_id, 'abc')}>\n\n"
        "--B\nContent-Type: message/rfc822\n\n"
        f"From: acme@acme.example\nSubject: Hello\nX-Waypost-Delivery: {delivery_id}\n\nHello\n\n--B--\n"
    ).encode()
