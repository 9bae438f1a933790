"""Measure e-mail: two workers with rendering, marks and ledger beside bare smtplib, on the same sink.

    python -m tests.bench.mail [--postgres URL] [--mails 2000]

The sink and the workers are processes of their own; the peer keeps one connection and builds every message.
The sink offers PIPELINING, as mail servers do.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import cast

from sqlalchemy import insert

from tests.bench.plays import _fill, _raw
from tests.builders import WORKSPACE, Clock, make_runtime
from tests.services.play_rig import POLICY, PlayRig
from waypost_server.channels.smtp import SmtpMailer
from waypost_server.services.deliver import deliver_due
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.tables import Delivery

WORKERS = 2


class _Sink(asyncio.Protocol):
    """The least SMTP that a client accepts, in one thread: what it costs, both sides of the ratio pay."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.data, self.in_body = b"", False
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.data += data
        answers: list[bytes] = []
        while (end := self.data.find(END_OF_BODY if self.in_body else b"\r\n")) >= 0:
            line, self.data = self.data[:end], self.data[end + (5 if self.in_body else 2) :]
            answers.append(b"250 ok\r\n" if self.in_body else _ANSWERS.get(line[:4].upper(), b"250 ok\r\n"))
            self.in_body = not self.in_body and line[:4].upper() == b"DATA"
        self.transport.writelines(answers)


END_OF_BODY = b"\r\n.\r\n"
_ANSWERS = {
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 bye\r\n",
    b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
}


def _serve(port: multiprocessing.Queue[int]) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _work(url: str, port: int, start: Barrier) -> None:
    mailer = SmtpMailer("127.0.0.1", port, starttls=False)
    runtime = make_runtime(Database(open_engine(url)), Clock(), mailer=mailer)
    start.wait()
    while deliver_due(runtime, WORKSPACE):
        pass


def _queue(rig: PlayRig, count: int) -> None:
    """One mail to each of `count` people, written from the tips template for each of them."""
    now = rig.clock.now
    rows = [
        {"workspace_id": WORKSPACE, "id": f"d{n:06d}", "account_id": f"acc-{n:05d}", "user_id": f"acc-{n:05d}-0",
         "release": 1, "channel": "email", "kind": "passive", "template": "tips",
         "recipient": f"acc-{n:05d}-0@example.com", "dedupe_key": f"d{n}", "state": "pending",
         "not_before": now, "expires_at": now.replace(year=now.year + 1), "created_at": now}
        for n in range(count)
    ]  # fmt: skip
    with rig.database.write() as session:
        session.execute(insert(Delivery), rows)


def main() -> None:
    """Print the two rates and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database; without it SQLite")
    parser.add_argument("--mails", type=int, default=2000)
    given = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    ports: multiprocessing.Queue[int] = spawn.Queue()
    sink = spawn.Process(target=_serve, args=(ports,), daemon=True)
    sink.start()
    port = ports.get()
    with tempfile.TemporaryDirectory() as folder:
        url = given.postgres or f"sqlite:///{folder}/bench.db"
        upgrade(open_engine(url))
        rig = PlayRig(Database(open_engine(url)), Path(folder))
        rig.publish(
            policy=POLICY.replace('{start: "20:00", end: "08:00"}', "null")
            + "approval: null\ndaily_ceiling: 10000000\n"
        )
        _fill(rig, given.mails)
        rig.sql("update account set motion = 'long_tail'")
        _queue(rig, given.mails)
        begun = time.perf_counter()
        _raw(port, given.mails, reuse=True)
        bare = given.mails / (time.perf_counter() - begun)
        start = spawn.Barrier(WORKERS + 1)
        workers = [spawn.Process(target=_work, args=(url, port, start)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        start.wait()
        begun = time.perf_counter()
        for worker in workers:
            worker.join()
        sent = given.mails / (time.perf_counter() - begun)
        states = {row.state for row in rig.rows(Delivery)}
    sink.terminate()
    print(f"smtplib, one warm connection, building each message: {bare:,.0f}/s")
    print(
        f"two workers with the ledger: {sent:,.0f}/s, {sent / bare:.2f} of smtplib; states: {sorted(states)}"
    )


if __name__ == "__main__":
    main()
