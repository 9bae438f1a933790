"""Waypost for Python services: report what people do, ask which nudges to show.

One client per process, made once: `wp = Waypost("wp_sk_…")`. See the README for what is promised.
"""

from waypost.client import Waypost
from waypost.decision import Decision
from waypost.errors import ConfigError, TransportError, WaypostError
from waypost.ledger import Stats
from waypost.token import user_token
from waypost.version import VERSION as __version__

__all__ = [
    "ConfigError",
    "Decision",
    "Stats",
    "TransportError",
    "Waypost",
    "WaypostError",
    "__version__",
    "user_token",
]
