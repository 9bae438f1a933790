"""`--page`, and what else a browser would say about it: for conditions that ask for the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from waypost_server.domain.page import VIEWPORTS, page_of

OPTIONS = (
    click.option("--page", "page_path", metavar="PATH", help="As on this page: /reports/7. Unknown otherwise."),
    click.option("--page-title", metavar="TEXT", help="Its title (page.title)."),
    click.option("--page-locale", metavar="TAG", help="The language it is in, such as de (page.locale)."),
    click.option("--viewport", metavar="WIDTH", help="narrow, medium, wide, or pixels (page.viewport)."),
)  # fmt: skip


def page_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `page`: the page named, or None."""

    @wraps(command)
    def with_page(*args: Any, **given: Any) -> Any:
        path, title = given.pop("page_path"), given.pop("page_title")
        locale, viewport = given.pop("page_locale"), given.pop("viewport")
        if not path and (title or locale or viewport):
            raise click.UsageError("Name the page too: --page /reports/7.")
        if viewport and viewport not in VIEWPORTS and not viewport.isdecimal():
            raise click.UsageError(
                f"--viewport {viewport}: write {', '.join(VIEWPORTS)} or a width in pixels."
            )
        page = page_of(path, title=title, locale=locale, viewport=viewport)
        said = dict(page or ())
        if path and "path" not in said:
            raise click.UsageError("--page is longer than 500 characters.")
        return command(*args, page=page, **given)

    for option in reversed(OPTIONS):
        with_page = option(with_page)
    return with_page
