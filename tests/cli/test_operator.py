"""The operator's commands on a real database."""

from __future__ import annotations

import socket

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from waypost_server.cli import main
from waypost_server.cli.runtime import open_runtime
from waypost_server.cli.web import rehearse, wait_for
from waypost_server.domain.errors import ConflictError
from waypost_server.services import known_secret
from waypost_server.store import suppressions

SECRET = "a-secret-of-the-tests-of-32-characters"


class Shell:
    """Runs commands with the settings of one installation."""

    def __init__(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.set = monkeypatch.setenv
        self.set("WAYPOST_DATABASE_URL", database_url)
        self.set("WAYPOST_SECRET", SECRET)
        monkeypatch.delenv("WAYPOST_REDIS_URL", raising=False)
        monkeypatch.delenv("WAYPOST_SMTP_HOST", raising=False)

    def run(self, *arguments: str) -> Result:
        """Run `waypost …`."""
        return CliRunner().invoke(main, list(arguments))

    def good(self, *arguments: str) -> str:
        """Run a command that must succeed; its output."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def bad(self, *arguments: str) -> str:
        """Run a command that must fail with one line; that line."""
        result = self.run(*arguments)
        assert result.exit_code in (1, 2) and "Traceback" not in result.output, result.output
        return result.output.strip().splitlines()[-1]


@pytest.fixture
def shell(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Commands on a migrated database, once on SQLite and once on PostgreSQL."""
    return Shell(database_url, monkeypatch)


def test_from_an_empty_database_to_keys(shell: Shell) -> None:
    """Schema, workspace, keys: created, listed, revoked; a key's text is printed once and never listed."""
    shell.good("db", "upgrade")
    shell.good("workspace", "create", "acme-prod", "--name", "Acme", "--timezone", "Europe/Berlin")
    assert "acme-prod" in shell.good("workspace", "list")
    text = shell.good("key", "create", "secret", "--name", "backend", "--scope", "read").strip()
    assert text.startswith("wp_sk_")
    key_id = text[6:14]
    listed = shell.good("key", "list")
    assert f"{key_id}  secret  active   never used  backend" in listed and text not in listed
    assert "within five seconds" in shell.good("key", "revoke", key_id)
    assert f"{key_id}  secret  revoked" in shell.good("key", "list")


def test_mistakes_are_one_line(shell: Shell) -> None:
    """Unknown workspaces, keys, scopes, zones and ids each say what to do."""
    assert "waypost workspace create" in shell.bad("key", "list")
    shell.good("workspace", "create", "one")
    shell.good("workspace", "create", "two")
    assert "--workspace" in shell.bad("key", "list")
    assert "There are: one, two." in shell.bad("key", "list", "-w", "three")
    assert "already" in shell.bad("workspace", "create", "two")
    assert "not a time zone" in shell.bad("workspace", "create", "x", "--timezone", "Mars/Base")
    assert "lower-case" in shell.bad("workspace", "create", "Bad Id")
    assert "no key" in shell.bad("key", "revoke", "nope", "-w", "one")
    wrong = shell.bad("key", "create", "public", "--name", "x", "--scope", "read", "-w", "one")
    assert "ingest, decide" in wrong


def test_missing_settings_are_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing variable, a wrong address and a database without schema each get one line."""
    monkeypatch.delenv("WAYPOST_SECRET")
    assert "WAYPOST_SECRET is not set" in shell.bad("web")
    shell.set("WAYPOST_SECRET", SECRET)
    shell.set("WAYPOST_DATABASE_URL", "not an address")
    assert "not a database address" in shell.bad("key", "list")
    shell.set("WAYPOST_DATABASE_URL", "sqlite://")
    assert "waypost db upgrade" in shell.bad("key", "list")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("WAYPOST_SMTP_PORT", "smtp", "WAYPOST_SMTP_PORT must be the port of the mail server"),
        ("WAYPOST_SENDING", "no", "WAYPOST_SENDING must be 0 or 1"),
        ("WAYPOST_SMTP_STARTTLS", "true", "WAYPOST_SMTP_STARTTLS must be 0 or 1"),
        ("WAYPOST_DATABASE_URL", "mysql://db/waypost", "not a database address"),
        ("WAYPOST_REDIS_URL", "redis:6379", "not an address of Redis"),
        ("WAYPOST_BASE_URL", "waypost.example.com", "Write it like https://waypost.example.com"),
    ],
)
@pytest.mark.parametrize("command", ["web", "worker", "doctor"])
def test_a_setting_that_means_nothing_is_refused(
    command: str, name: str, value: str, words: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By everything that reads it, in one line."""
    shell = Shell(sqlite_url, monkeypatch)
    shell.set("WAYPOST_SMTP_HOST", "127.0.0.1")
    shell.set(name, value)
    assert words in shell.bad(command)


def test_doctor_names_misspelt_settings(shell: Shell) -> None:
    """With the setting that was perhaps meant; what the SDKs and the demo read is no mistake."""
    shell.set("WAYPOST_SMTP_HOTS", "smtp.example.com")
    shell.set("WAYPOST_KEY", "wp_sk_x")
    found = shell.run("doctor").output
    assert "WAYPOST_SMTP_HOTS is no setting of Waypost. Did you mean WAYPOST_SMTP_HOST?" in found
    assert "WAYPOST_KEY is" not in found


def test_doctor_tells_an_older_from_a_newer_schema(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind, it must be upgraded; ahead, this machine should be."""
    shell, engine = Shell(sqlite_url, monkeypatch), create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    assert "Run: waypost db upgrade" in shell.run("doctor").output
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    assert "of a newer version" in shell.run("doctor").output
    assert "Nothing was changed" in shell.bad("db", "upgrade")
    engine.dispose()


def test_doctor_says_that_sending_is_stopped(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restored database looks well otherwise."""
    shell = Shell(sqlite_url, monkeypatch)
    shell.good("stop-sending", "--reason", "A wrong template.")
    assert "stopped everywhere: A wrong template." in shell.run("doctor").output
    shell.good("resume-sending")
    assert "stopped everywhere" not in shell.run("doctor").output


def test_web_leaves_a_taken_port_alone() -> None:
    """Two that share a port would each answer half of the requests."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=f"127.0.0.1:{port}: Address already in use"):
            wait_for("127.0.0.1", port, seconds=0.0)
    wait_for("127.0.0.1", port)


def test_doctor_of_a_healthy_installation(
    sqlite_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Durable database, this version's schema, an empty Redis: exit code 0."""
    shell = Shell(sqlite_url, monkeypatch)
    shell.set("WAYPOST_REDIS_URL", redis_url)
    good = shell.good("doctor")
    assert "every commit is on disk" in good and "of this version" in good


def test_doctor_asks_for_the_proxy(sqlite_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with https means a proxy; until it is named, and only then, doctor says what that costs."""
    shell = Shell(sqlite_url, monkeypatch)
    shell.set("WAYPOST_REDIS_URL", redis_url)
    shell.set("WAYPOST_BASE_URL", "https://waypost.example")
    assert "WAYPOST_PROXIES is not set" in shell.good("doctor")
    shell.set("WAYPOST_PROXIES", "1")
    assert "WAYPOST_PROXIES" not in shell.good("doctor")
    shell.set("WAYPOST_PROXIES", "all")
    assert "how many proxies" in shell.bad("web")


def test_doctor_finds_what_is_wrong(
    postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that may lose commits (the tests' own), another program's keys, a dead mail server."""
    shell = Shell(postgres_url, monkeypatch)
    shell.set("WAYPOST_REDIS_URL", redis_url)

    redis.Redis.from_url(redis_url).set("session:1", "x")
    shell.set("WAYPOST_SMTP_HOST", "127.0.0.1")
    shell.set("WAYPOST_SMTP_PORT", "1")
    result = shell.run("doctor")
    assert result.exit_code == 1
    assert "fsync=off" in result.output and "another program" in result.output
    assert "does not take mail" in result.output


def test_a_web_process_that_starts_with_another_secret_stops_sending(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first makes its secret known; the second finds that it has another, and says so to everybody."""
    shell = Shell(sqlite_url, monkeypatch)
    rehearse()
    assert "Sending is not stopped" in shell.bad("resume-sending")
    shell.set("WAYPOST_SECRET", "b-secret-of-the-tests-of-32-characters")
    rehearse()
    shell.set("WAYPOST_SECRET", SECRET)
    assert "Going on" in shell.good("resume-sending")


def test_another_secret_is_found_and_accepted_after_a_yes(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor names the remedy; accepting says in numbers what is lost, and asks first."""
    shell.good("db", "upgrade")
    shell.good("workspace", "create", "acme-prod")
    with open_runtime() as runtime:
        known_secret.look(runtime)
        with runtime.db.write() as session:
            for n in range(1204):
                suppressions.add(session, "acme-prod", f"h{n}", reason="unsubscribed", at=runtime.clock())
    assert "nothing to accept" in shell.bad("accept-secret")
    assert "the one with which opt-outs are recorded" in shell.run("doctor").output

    shell.set("WAYPOST_SECRET", "b-secret-of-the-tests-of-32-characters")
    with open_runtime() as runtime:
        known_secret.look(runtime)
    assert "waypost accept-secret" in shell.run("doctor").output
    assert "Put the old one back" in shell.bad("resume-sending")
    unsure = CliRunner().invoke(main, ["accept-secret"], input="n\n")
    assert unsure.exit_code == 1 and "1,204 opt-outs cannot be recognised any more" in unsure.output
    assert "Put the old one back" in shell.bad("resume-sending")
    assert "waypost resume-sending" in shell.good("accept-secret", "--yes")
    shell.good("resume-sending")


def test_a_person_gets_another_role_and_password(shell: Shell) -> None:
    """A password is asked for twice and never printed; a short one and an unknown person are refused."""
    shell.good("workspace", "create", "acme-prod")
    shell.good("user", "add", "ada@acme.example")
    assert "is author now" in shell.good("user", "role", "ada@acme.example", "author")
    assert "Choose a role" in shell.bad("user", "role", "ada@acme.example", "root")
    assert "author" in shell.good("user", "list")
    typed = "a password of hers\n"
    answer = CliRunner().invoke(main, ["user", "password", "ada@acme.example"], input=typed * 2)
    assert (
        answer.exit_code == 0 and "another password" in answer.output and typed.strip() not in answer.output
    )
    assert "password or link" in shell.good("user", "list")
    short = CliRunner().invoke(main, ["user", "password", "ada@acme.example"], input="short\n" * 2)
    assert short.exit_code == 1 and "at least 12 characters" in short.output
    assert "no console user" in shell.bad("user", "password", "bob@acme.example", "--none")
    assert "no password" in shell.good("user", "password", "ada@acme.example", "--none")
    assert "password or link" not in shell.good("user", "list")
