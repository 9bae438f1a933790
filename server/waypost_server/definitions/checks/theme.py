"""Checks of the colours in policy.yaml: what cannot be read is not published."""

from __future__ import annotations

from waypost_server.domain.theme import DARK, LIGHT, unreadable

from .context import Context


def run(context: Context) -> None:
    """Each pair of colours reaches level AA of WCAG 2.2, on light and on dark pages."""
    theme, source = context.definitions.policy.theme, context.file("policy.yaml")
    if theme is None:
        return
    for name, mine, stock in (("light", theme.light, LIGHT), ("dark", theme.dark, DARK)):
        for each in unreadable(mine, stock):
            upper, lower = each.colours
            culprit = each.upper if getattr(mine, each.upper) else each.lower
            measured = int(each.ratio * 100) / 100  # never rounded up to what it misses
            message = (
                f"{each.upper} {upper} on {each.lower} {lower} has a contrast of {measured:g}:1 "
                f"and needs {each.least:g}:1"
            )
            remedy = f'the nearest {each.upper} that can be read is "{each.instead}"'
            context.report.error(source, ("theme", name, culprit), "low_contrast", message, remedy)
