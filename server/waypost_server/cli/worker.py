"""`waypost worker`: evaluate accounts, advance plays, send."""

from __future__ import annotations

import click


@click.command()
def worker() -> None:
    """Evaluate accounts, advance plays and send until told to stop. Run as many as you like, anywhere."""
    from waypost_server.cli.collector import spare_the_collector
    from waypost_server.cli.logs import configure, tell_unknown_settings
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.config import Settings
    from waypost_server.workers.worker import run_worker

    settings = Settings.from_env()
    configure()
    tell_unknown_settings()
    with open_runtime(settings) as runtime:
        spare_the_collector()
        run_worker(runtime, settings.redis_url)
