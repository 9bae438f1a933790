"""For the tests of apps that use Waypost: a transport that keeps what it is given and answers as told."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from waypost.errors import TransportError
from waypost.transport import Response


class Request(NamedTuple):
    """One request as the server would have seen it, inflated and parsed."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class RecordingTransport:
    """Stands in for the network: `Waypost("wp_sk_test", transport=RecordingTransport())`.

    `answers` are given in order and then the last repeats: an HTTP status, a whole `Response`, or an
    exception to raise. `nudges` is what `decide` finds.
    """

    def __init__(
        self,
        *,
        answers: Iterable[int | Response | TransportError] = (200,),
        nudges: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.requests: list[Request] = []
        self.nudges = list(nudges)
        self._answers = list(answers)
        self._taken: list[Request] = []
        self._lock = threading.Lock()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event the server took, in the order it was reported. Call `flush()` first."""
        with self._lock:
            return [event for request in self._taken for event in request.body["batch"]]

    def send(self, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        """Keep the request and give the next answer."""
        plain = zlib.decompress(body, wbits=31) if headers.get("Content-Encoding") == "gzip" else body
        request = Request(path, dict(headers), json.loads(plain))
        with self._lock:
            self.requests.append(request)
            if path.endswith("/decide"):
                return self._decision(request)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if isinstance(answer, TransportError):
                raise answer
            response = Response(answer, b"{}") if isinstance(answer, int) else answer
            if 200 <= response.status < 300:
                self._taken.append(request)
            return response

    def close(self) -> None:
        """Nothing to close."""

    def _decision(self, request: Request) -> Response:
        asked = {name: request.body.get(name) for name in ("userId", "accountId")}
        body = {**asked, "release": 1, "ttl": 300, "nudges": [dict(nudge) for nudge in self.nudges]}
        return Response(200, json.dumps(body).encode())
