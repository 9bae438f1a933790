"""A small Waypost for the browser SDK: pages of a host product, and a server that answers as told."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STRICT_CSP = (
    "default-src 'none'; script-src 'nonce-n0'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types nudge"
)
STYLE = """
body{margin:0;font:15px/1.5 system-ui,sans-serif;color:#1b1f2a;background:#fff}
body.night{background:#14161c;color:#e8eaf0}
header{background:#20263a;color:#fff;padding:12px 24px;display:flex;justify-content:space-between}
main{padding:24px;max-width:900px}
.steps{display:flex;flex-wrap:wrap;gap:12px;margin:16px 0}.step{border:1px solid #dde1ea;border-radius:8px;
padding:14px;width:150px}
button,input{font:inherit;padding:6px 12px}.tall{height:1600px}.hide{display:none}
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Acme Automations</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="stylesheet" href="/host.css">
<script nonce="n0">
window.violations=[];window.faults=[];
document.addEventListener('securitypolicyviolation',e=>violations.push(e.violatedDirective+' '+e.blockedURI));
addEventListener('error',e=>faults.push(e.message));
addEventListener('unhandledrejection',e=>faults.push(String(e.reason)));
</script></head><body><header>Acme Automations
<button id="news" data-waypost-feed>News</button></header><main><h1>Invoice reminder</h1>
<p><label>Name <input id="name" data-waypost="automation-name" value=""></label></p>
<div class="steps"><div class="step">Pick a trigger</div>
<div class="step">Choose people</div><div class="step">When it runs</div></div>
<p><button id="launch" data-waypost="automation-launch">Launch</button> <button id="after">After</button></p>
<div class="tall"></div></main>
<script nonce="n0" src="/sdk/waypost.js"></script></body></html>"""


def nudge(key: str = "automation-halfway", surface: str = "tooltip", **changes: Any) -> dict[str, Any]:
    """A valid nudge; keyword arguments replace its fields, those of `content` one by one."""
    content: dict[str, Any] = {
        "lang": "en",
        "dir": "ltr",
        "title": "You're halfway to your first automation",
        "body": [
            {
                "t": "p",
                "c": [
                    {"t": "text", "v": "2 of 4 steps done. Next: "},
                    {"t": "strong", "c": [{"t": "text", "v": "choose when it runs"}]},
                    {"t": "text", "v": "."},
                ],
            }
        ],
        "progress": {"done": 2, "total": 4},
        "actions": [
            {"label": "Finish it", "url": "/automations/new", "primary": True},
            {"label": "Get help", "event": "help_requested"},
        ],
        "why": "You see this because two of four steps are done.",
    }
    content.update(changes.pop("content", {}))
    where: dict[str, Any] = {"path": "/automations/*"}
    if surface == "tooltip":
        where["anchor"] = "automation-launch"
    kind = "passive" if surface == "banner" else "interrupting"
    made = {"key": key, "surface": surface, "kind": kind, "release": 12, "where": where, "content": content}
    return {**made, **changes}


@dataclass
class Stub:
    """What the server answers, and what it was asked."""

    script: Path
    nudges: list[dict[str, Any]] = field(default_factory=list)
    claim_answers: list[int] = field(default_factory=list)
    batch_answers: list[int] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    decides: list[dict[str, Any]] = field(default_factory=list)
    decided_again: bool = False
    """A decide arrived after a batch: the page has said who is there, and has asked again since."""
    batches: list[dict[str, Any]] = field(default_factory=list)
    feed: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    conditional: int = 0
    by_page: bool = False
    theme: dict[str, Any] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that arrived, copies included."""
        with self.lock:
            return [event for batch in self.batches for event in batch["batch"]]

    def reactions(self) -> list[str]:
        """Reactions in the order they arrived."""
        return [e["properties"]["reaction"] for e in self.events if e.get("event") == "$nudge"]

    def requests(self) -> int:
        """How often the SDK called."""
        return len(self.claims) + len(self.decides) + len(self.batches)

    def answer(
        self, path: str, body: dict[str, Any], etag: str | None
    ) -> tuple[int, dict[str, Any], str | None]:
        """Status, body and ETag for one call."""
        with self.lock:
            if path == "/v1/batch":
                status = self.batch_answers.pop(0) if self.batch_answers else 200
                if status == 200:
                    self.batches.append(body)
                return (
                    status,
                    {"success": status == 200, "accepted": len(body["batch"]), "rejected": []},
                    None,
                )
            if path == "/v1/decide":
                self.decides.append(body)
                self.decided_again = bool(self.batches)
                tag = f'"{hash(json.dumps([self.nudges, self.feed]))}"'
                if etag == tag:
                    self.conditional += 1
                    return 304, {}, tag
                made = {"userId": body["userId"], "release": 12, "ttl": 300, "nudges": self.nudges}
                more = {"byPage": True} if self.by_page else {}
                more |= {"theme": self.theme} if self.theme else {}
                return 200, {**made, "feed": self.feed, **more}, tag
            self.claims.append(body)
            status = self.claim_answers.pop(0) if self.claim_answers else 200
            if status == 200:
                return 200, {"granted": True, "offer": str(uuid.uuid4())}, None
            return status, {"code": "held", "reason": "frequency", "title": "Held", "status": status}, None


class Server(ThreadingHTTPServer):
    """The stub behind a socket."""

    daemon_threads = True

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Pages at every address, the script, and /v1."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def reply(self, status: int, body: bytes, kind: str, **headers: str | None) -> None:
        """Send one answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """A page, the style sheet or the script."""
        if self.path == "/host.css":
            return self.reply(200, STYLE.encode(), "text/css")
        file = self.path.split("?")[0].removeprefix("/sdk/")
        if file in ("waypost.js", "waypost-surfaces.js"):
            self.server.stub.files.append(file)
            script = self.server.stub.script.with_name(file)
            headers = {"Access_Control_Allow_Origin": "*"}
            return self.reply(200, script.read_bytes(), "text/javascript", **headers)
        policy = None if self.path.startswith("/open/") else STRICT_CSP
        return self.reply(200, PAGE.encode(), "text/html", Content_Security_Policy=policy)

    def do_OPTIONS(self) -> None:
        """A preflight: what the real server allows, and nothing more."""
        headers = "authorization, content-type, x-retry-count, x-waypost-user-token"
        self.reply(
            204, b"", "text/plain", Access_Control_Allow_Headers=headers, Access_Control_Allow_Origin="*"
        )

    def do_POST(self) -> None:
        """One call of the SDK."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.split("?")[0]
        status, answer, etag = self.server.stub.answer(path, body, self.headers["If-None-Match"])
        payload = b"" if status == 304 else json.dumps(answer).encode()
        self.reply(
            status,
            payload,
            "application/json",
            ETag=etag,
            Access_Control_Allow_Origin="*",
            Access_Control_Expose_Headers="Retry-After",
        )
