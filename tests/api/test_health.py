"""What a load balancer asks."""

from __future__ import annotations

from sqlalchemy import text

from tests.apps import make_app
from waypost_server.services.runtime import Runtime


def test_ready_means_that_requests_will_be_answered(database_url: str) -> None:
    """Not with an older schema; with a newer one they are, while an upgrade goes through the machines."""
    app = make_app(database_url)
    runtime: Runtime = app.extensions["waypost"]
    client = app.test_client()
    assert client.get("/readyz").json == {"status": "ok", "checks": {"database": "ok", "schema": "ok"}}
    for found, status in (("0001", 503), ("9999", 200)):
        with runtime.db.engine.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :found"), {"found": found})
        assert client.get("/readyz").status_code == status
    with runtime.db.engine.begin() as connection:
        connection.execute(text("drop table alembic_version"))
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "waypost db upgrade" in answer.json["checks"]["schema"]
