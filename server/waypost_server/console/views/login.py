"""Log in by link or password, and log out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from waypost_server.console import access
from waypost_server.domain.errors import BadInputError
from waypost_server.services import console_login
from waypost_server.store import console_users


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    blueprint.add_url_rule("/login/link/<token>", "login_link", login_link, methods=["GET", "POST"])
    blueprint.add_url_rule("/logout", "logout", logout, methods=["POST"])


def login() -> Any:
    """The form, and what it posts."""
    target = access.next_path(request.args.get("next"))
    if request.method == "GET":
        if g.login is not None:
            return redirect(target)
        return _form()
    access.check_form_before_login()
    workspaces = _workspaces()
    given = console_login.Credentials(
        workspace_id=workspaces[0]
        if len(workspaces) == 1
        else request.form.get("workspace", "").strip()[:100],
        email=request.form.get("email", "")[:320].replace("\x00", ""),
        password=request.form.get("password", ""),
    )
    try:
        opened = console_login.log_in(access.runtime(), given, access.visitor())
    except BadInputError as error:
        return _form(problem=error.message, status=error.status)
    return access.set_session(redirect(target), opened)  # type: ignore[arg-type]


def login_link(token: str) -> Any:
    """GET only looks, so that a link preview or a virus scanner uses nothing up; POST logs in."""
    if request.method == "GET":
        name = console_login.link_name(access.runtime(), token)
        g.login = None  # the page is about the link, whoever is logged in
        return _with_form_cookie("console/login_link.html", name=name)
    access.check_form_before_login()
    opened = console_login.use_login_link(access.runtime(), token, access.visitor())
    return access.set_session(redirect(url_for("console.home")), opened)  # type: ignore[arg-type]


def logout() -> Response:
    """End the session here and in the browser."""
    console_login.log_out(access.runtime(), access.login())
    return access.clear_session(redirect(url_for("console.login")))  # type: ignore[arg-type]


def _form(problem: str | None = None, status: int = 200) -> Response:
    return _with_form_cookie(
        "console/login.html",
        status,
        problem=problem,
        email=request.form.get("email"),
        workspace=request.form.get("workspace"),
        ask_workspace=len(_workspaces()) != 1,
        next=request.args.get("next"),
    )


def _with_form_cookie(template: str, status: int = 200, **values: Any) -> Response:
    cookie, form_token = access.form_token_before_login()
    response = make_response(render_template(template, form_token=form_token, **values), status)
    response.set_cookie(
        access.cookie_name("waypost_form"),
        cookie,
        max_age=3600,
        secure=access.is_secure(),
        httponly=True,
        samesite="Strict",
        path="/",
    )
    return response


def _workspaces() -> list[str]:
    with access.runtime().db.read() as session:
        return list(console_users.workspace_ids(session))
