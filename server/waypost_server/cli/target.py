"""Where definitions go: the database of this installation, or a server reached with a key."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import click

from waypost_server.cli.findings import author
from waypost_server.domain.page import Page
from waypost_server.services.runtime import Runtime

WHERE = (
    click.option("--workspace", "-w", "workspace_id", help="Which workspace; needed if there are several."),
    click.option(
        "--host", envvar="WAYPOST_URL", help="Talk to this server instead of the database ($WAYPOST_URL)."
    ),
    click.option("--key", envvar="WAYPOST_KEY", help="Its secret key with the scope manage ($WAYPOST_KEY)."),
)
TIMEOUT_SECONDS = 120


def where(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which workspace is meant."""
    for option in reversed(WHERE):
        command = option(command)
    return command


class Target(Protocol):
    """A workspace whose definitions can be read and changed; answers are the documents of the API."""

    name: str

    def live(self) -> dict[str, Any]: ...
    def release(self, number: int) -> dict[str, Any]: ...
    def diff(self, first: int, second: int) -> dict[str, Any]: ...
    def plan(self, files: Mapping[str, str], environment: str | None) -> dict[str, Any]: ...
    def apply(self, files: Mapping[str, str], **options: Any) -> dict[str, Any]: ...
    def rollback(
        self, number: int, *, message: str, dry_run: bool, accept_strategic: bool = False
    ) -> dict[str, Any]: ...
    def audience(
        self,
        condition: Mapping[str, Any] | None,
        nudge: str | None,
        page: Page | None,
        *,
        at_once: bool = False,
    ) -> dict[str, Any]: ...
    def drafts(self) -> list[dict[str, Any]]: ...
    def draft(self, name: str) -> dict[str, Any]: ...
    def push(self, name: str, files: Mapping[str, str], seen: str | None) -> dict[str, Any]: ...


@contextmanager
def target(workspace_id: str | None, host: str | None, key: str | None) -> Iterator[Target]:
    """The target named by the options. Raises click.UsageError, NotFoundError, BadInputError."""
    if host:
        if not key:
            raise click.UsageError("--host needs --key, or WAYPOST_KEY: a secret key with the scope manage.")
        yield Remote(host.rstrip("/"), key)
        return
    from waypost_server.cli.runtime import one_workspace, open_runtime

    with open_runtime() as runtime:
        yield Local(runtime, one_workspace(runtime, workspace_id))


class Local:
    """The database itself."""

    def __init__(self, runtime: Runtime, workspace_id: str) -> None:
        self.runtime, self.name = runtime, workspace_id

    def live(self) -> dict[str, Any]:
        """Number and files of the live release."""
        from waypost_server.store import releases

        with self.runtime.db.read() as session:
            number, files = releases.live(session, self.name) or (0, {})
            environment = releases.live_environment(session, self.name)
        return {"number": number, "environment": environment, "files": files}

    def release(self, number: int) -> dict[str, Any]:
        """One release's files."""
        from waypost_server.services.rollback import undoes

        (files, environment), undone = undoes(self.runtime, self.name, number)
        changes = [each.as_json() for each in undone]
        return {"number": number, "environment": environment, "files": files, "undoes": changes}

    def diff(self, first: int, second: int) -> dict[str, Any]:
        """What changed between two releases."""
        from waypost_server.services.compare_releases import compare_releases

        return compare_releases(self.runtime, self.name, first, second).as_json()

    def plan(self, files: Mapping[str, str], environment: str | None) -> dict[str, Any]:
        """What publishing would change."""
        from waypost_server.services.plan import plan

        return plan(self.runtime, self.name, files, environment=environment).as_json()

    def apply(self, files: Mapping[str, str], **options: Any) -> dict[str, Any]:
        """Publish."""
        from waypost_server.services.apply import apply

        done = apply(self.runtime, self.name, files, author=author(), **options)
        return {"number": done.number, "isNew": done.is_new, "plan": done.plan.as_json()}

    def rollback(
        self, number: int, *, message: str, dry_run: bool, accept_strategic: bool = False
    ) -> dict[str, Any]:
        """Publish an earlier release again."""
        from waypost_server.services.rollback import rollback, undoes

        if dry_run:
            return {
                "number": None,
                "undoes": [each.as_json() for each in undoes(self.runtime, self.name, number)[1]],
            }
        live, undone = rollback(
            self.runtime,
            self.name,
            number,
            author=author(),
            message=message,
            accept_strategic=accept_strategic,
        )
        return {"number": live, "undoes": [each.as_json() for each in undone]}

    def audience(
        self,
        condition: Mapping[str, Any] | None,
        nudge: str | None,
        page: Page | None,
        *,
        at_once: bool = False,
    ) -> dict[str, Any]:
        """How many a condition reaches."""
        from waypost_server.domain.definitions import Catalog, Definitions
        from waypost_server.services.audience import AT_ONCE, SECONDS, condition_of, estimate
        from waypost_server.services.releases import LiveRelease

        with self.runtime.db.read() as session:
            live = self.runtime.releases.live(session, self.name) or LiveRelease(0, Definitions(Catalog("")))
        meant = condition_of(live, condition, nudge)
        seconds = AT_ONCE if at_once else SECONDS
        return estimate(self.runtime, self.name, live, meant, page=page, seconds=seconds).as_json()

    def drafts(self) -> list[dict[str, Any]]:
        """Every draft."""
        from waypost_server.store import drafts

        with self.runtime.db.read() as session:
            found = drafts.headings(session, self.name)
        return [
            {"name": each.draft, "files": each.files, "updatedAt": each.updated_at.isoformat()}
            for each in found
        ]

    def draft(self, name: str) -> dict[str, Any]:
        """A draft's files."""
        from waypost_server.services.draft import existing_draft

        return existing_draft(self.runtime, self.name, name).as_json()

    def push(self, name: str, files: Mapping[str, str], seen: str | None) -> dict[str, Any]:
        """Make a draft hold these files."""
        from waypost_server.services.push_draft import push_draft

        return push_draft(self.runtime, self.name, name, files, author=author(), seen=seen).as_json()


class Remote:
    """A server, through /v1."""

    def __init__(self, host: str, key: str) -> None:
        self.name, self._host, self._key = host, host, key

    def live(self) -> dict[str, Any]:
        """Number and files of the live release."""
        return self._call("definitions")

    def release(self, number: int) -> dict[str, Any]:
        """One release's files."""
        return self._call(f"definitions/{number}")

    def diff(self, first: int, second: int) -> dict[str, Any]:
        """What changed between two releases."""
        return self._call(f"definitions/diff/{first}/{second}")

    def plan(self, files: Mapping[str, str], environment: str | None) -> dict[str, Any]:
        """What publishing would change."""
        return self._call("definitions/plan", {"files": files, "environment": environment})

    def apply(self, files: Mapping[str, str], **options: Any) -> dict[str, Any]:
        """Publish."""
        given = {_camel(name): each for name, each in options.items()}
        return self._call("definitions/apply", {"files": files, **given})

    def rollback(
        self, number: int, *, message: str, dry_run: bool, accept_strategic: bool = False
    ) -> dict[str, Any]:
        """Publish an earlier release again."""
        return self._call(
            f"definitions/rollback/{number}",
            {"message": message, "dryRun": dry_run, "acceptStrategic": accept_strategic},
        )

    def audience(
        self,
        condition: Mapping[str, Any] | None,
        nudge: str | None,
        page: Page | None,
        *,
        at_once: bool = False,
    ) -> dict[str, Any]:
        """How many a condition reaches."""
        said = dict(page or ())
        on_page = {"page": said.pop("path", None), "pageTitle": said.pop("title", None), **said}
        asked = {name: value for name, value in on_page.items() if value is not None}
        return self._call("audience", {"condition": condition, "nudge": nudge, "atOnce": at_once, **asked})

    def drafts(self) -> list[dict[str, Any]]:
        """Every draft."""
        found: list[dict[str, Any]] = self._call("definitions/drafts")["data"]
        return found

    def draft(self, name: str) -> dict[str, Any]:
        """A draft's files."""
        return self._call(f"definitions/drafts/{urllib.parse.quote(name, safe='')}")

    def push(self, name: str, files: Mapping[str, str], seen: str | None) -> dict[str, Any]:
        """Make a draft hold these files."""
        return self._call("definitions/drafts", {"name": name, "files": files, "seen": seen})

    def _call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            request = urllib.request.Request(f"{self._host}/v1/{path}", data, headers)
            with _DIRECTLY.open(request, timeout=TIMEOUT_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise click.ClickException(_said(error)) from None
        except (ValueError, OSError) as error:
            said = f"{self._host} does not answer ({error}). Check --host, and that the server runs."
            raise click.ClickException(said) from None


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key would go along to wherever it leads, and a POST would arrive as a GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


_DIRECTLY = urllib.request.build_opener(_Stay)


def _said(error: urllib.error.HTTPError) -> str:
    """The server's own words, with each finding on a line."""
    if 300 <= error.code < 400:
        return (
            f"The server leads on to {error.headers.get('Location')}. If that is right, name it with --host."
        )
    try:
        problem = json.load(error)
        lines = [problem.get("message") or f"The server answered {error.code}."]
        for each in problem.get("errors", []):
            place = (
                f"{each.get('pointer', '').removeprefix('/files/').replace('~1', '/')}:{each.get('line', '')}"
            )
            lines.append(f"  {place}: {each.get('message')} — {each.get('remedy', '')}")
        return "\n".join(lines)
    except (ValueError, AttributeError):
        return f"The server answered {error.code}."
