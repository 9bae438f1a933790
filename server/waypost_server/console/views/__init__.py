"""The pages, one module a noun. Each module has `add_to(blueprint)`."""

from waypost_server.console.views import (
    accounts,
    deliveries,
    explain,
    home,
    login,
    nudges,
    people,
    plays,
    queue,
    releases,
    settings,
    users,
)

VIEWS = (login, home, queue, nudges, plays, deliveries, explain, accounts, users, settings, people, releases)
