"""What people do to a run, and to a play with all its runs: one frame for every deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from waypost_server.console.access import login, needs, runtime
from waypost_server.services.cancel_run import cancel_run
from waypost_server.services.change_run import pause_run, resume_run, retry_run
from waypost_server.services.pause_play import pause_play, resume_play

RUN, PLAY = "/runs/<ref:run_id>", "/plays/<ref:key>"


@dataclass(frozen=True, slots=True)
class Deed:
    """A button of a page: what it does, which role it takes, and what is said then."""

    name: str  # the last part of the address
    do: Callable[..., Any]
    role: str
    said: str
    has_reason: bool = False


OF_A_RUN = (
    Deed("cancel", cancel_run, "csm", "Stopped. Nothing that was queued will be sent.", True),
    Deed("pause", pause_run, "csm", "Paused. Nothing more happens until somebody lets it go on.", True),
    Deed("resume", resume_run, "csm", "It goes on."),
    Deed("retry", retry_run, "csm", "The failed step is tried again."),
)
OF_A_PLAY = (
    Deed("pause", pause_play, "author",
         "Paused. It starts for nobody, and none of its runs takes another step.", True),
    Deed("resume", resume_play, "author", "It goes on."),
)  # fmt: skip


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for page, address, deeds in (("run", RUN, OF_A_RUN), ("play", PLAY, OF_A_PLAY)):
        for each in deeds:
            view = needs(each.role)(_view(each, page))
            blueprint.add_url_rule(f"{address}/{each.name}", f"{page}_{each.name}", view, methods=["POST"])


def _view(deed: Deed, page: str) -> Callable[..., Any]:
    """Do it in this person's name, say so, and show what it was done to."""

    def view(**ids: Any) -> Any:
        who, (key,) = login(), ids.values()
        reason = {"reason": request.form.get("reason", "")} if deed.has_reason else {}
        deed.do(runtime(), who.workspace_id, key, actor=who.user_id, **reason)
        flash(deed.said)
        return redirect(url_for(f"console.{page}", **ids))

    return view
