"""The least a Flask back end must do to decide: read one user row, run closures of four comparisons.

What Waypost costs on top of this is the ratio that `decide.py` prints. WAYPOST_BARE names the database.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask, request

TARGET = os.environ.get("WAYPOST_BARE", "")
RULES = int(os.environ.get("WAYPOST_BARE_RULES", "100"))
ROLES = ("admin", "manager", "analyst", "builder", "viewer", "owner")
PLANS = ("starter", "growth", "scale")
local = threading.local()
app = Flask(__name__)


def rule(number: int) -> Callable[[dict[str, Any]], bool]:
    """One closure: role in, plan is, count at least, days at least."""
    roles = frozenset((ROLES[number % 6], ROLES[(number + 1) % 6]))
    plan, count, days = PLANS[number % 3], number % 40, number % 200
    return lambda user: (
        user["role"] in roles and user["plan"] == plan and user["count"] >= count and user["days"] >= days
    )


CLOSURES = [(f"nudge-{number}", rule(number)) for number in range(RULES)]


@app.post("/v1/decide")
def decide() -> Any:
    """Read, test, answer."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(TARGET, autocommit=True, prepare_threshold=0)
    user_id = json.loads(request.get_data())["userId"]
    row = local.connection.execute(
        "select traits from end_user where workspace_id = 'acme-prod' and id = %s", (user_id,)
    ).fetchone()
    user = {"role": "admin", "plan": "growth", "count": 0, "days": 0, **row[0]}
    return app.response_class(
        json.dumps({"userId": user_id, "nudges": [key for key, test in CLOSURES if test(user)]}),
        mimetype="application/json",
    )
