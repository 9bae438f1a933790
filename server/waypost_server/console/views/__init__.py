"""The pages, one module a noun. Each module has `add_to(blueprint)`."""

from waypost_server.console.views import (
    accounts,
    adoption,
    deliveries,
    endpoints,
    explain,
    funnel,
    home,
    login,
    motion,
    nudges,
    people,
    plays,
    queue,
    releases,
    settings,
    users,
)

VIEWS = (
    login,
    home,
    queue,
    funnel,
    nudges,
    plays,
    deliveries,
    explain,
    accounts,
    motion,
    adoption,
    users,
    settings,
    people,
    endpoints,
    releases,
)
