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
    adoption,
    users,
    settings,
    people,
    endpoints,
    releases,
)
