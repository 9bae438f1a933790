"""`waypost nudges` against a database: plan, apply, diff, rollback and pull, as an author sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.builders import WORKSPACE, add_workspace
from tests.definitions.files import FILES
from waypost_server.cli.nudges import nudges
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Membership

KEY = {"workspace_id": WORKSPACE}
NARROWER = (
    FILES["in-app/hint.yaml"]
    .replace("audience: {user.role: admin}", "audience: {user.role: admin, account.plan: growth}")
    .replace("given: {user: {role: admin}}", "given: {user: {role: admin}, account.plan: growth}")
)


class Author:
    """A folder, and the commands run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write(FILES)

    def write(self, files: dict[str, str]) -> None:
        """Put files into the folder."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def run(self, command: str, *arguments: str) -> Result:
        """One command on the folder, where it takes one."""
        folder = [str(self.folder)] if command in ("plan", "apply", "pull", "push") else []
        return CliRunner().invoke(nudges, [command, *folder, *arguments])

    def document(self, command: str, *arguments: str) -> Any:
        """What --json prints."""
        result = self.run(command, *arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def author(database_url: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    """An author on both databases, with three accounts of which one is strategic."""
    add_workspace(database)
    with database.write() as session:
        for name, plan, motion in (("acme", "enterprise", "strategic"), ("beta", "growth", "long_tail"),
                                   ("coda", "growth", "long_tail")):  # fmt: skip
            session.add(
                Account(**KEY, id=name, name=name.title(), traits={"plan": plan}, traits_at={}, motion=motion)
            )
            session.add(Membership(**KEY, account_id=name, user_id=f"u-{name}", role="admin"))
    monkeypatch.setenv("WAYPOST_DATABASE_URL", database_url)
    monkeypatch.setenv("WAYPOST_SECRET", "s" * 40)
    return Author(tmp_path / "nudges")


def test_from_a_change_to_a_release_and_back(author: Author) -> None:
    """Plan shows the change and the people; apply publishes it; diff names it; rollback undoes it."""
    assert "Release 1 is live in acme-prod." in author.run("apply", "-m", "first").output
    author.write({"in-app/hint.yaml": NARROWER})
    planned = author.run("plan")
    assert planned.exit_code == 0, planned.output
    assert "~ nudge hint (in-app/hint.yaml)" in planned.output
    assert "audience.account.plan: growth (new)" in planned.output
    assert "nudge hint: 2 users (+0, −1)" in planned.output
    assert "| `hint` | 2 | +0 | −1 |" in author.run("plan", "--format", "markdown").output
    assert author.document("apply")["number"] == 2
    assert "Nothing changed: release 2" in author.run("apply").output
    assert "audience.account.plan: growth (new)" in author.run("diff", "1", "2").output
    assert (
        "+audience: {user.role: admin, account.plan: growth}" in author.run("diff", "1", "2", "--text").output
    )
    back = author.run("rollback", "1", "--yes")
    assert "Release 3 is live in acme-prod, with the files of release 1." in back.output
    assert author.document("diff", "1", "3")["changes"] == []


def test_rollback_says_what_it_undoes_and_asks(author: Author) -> None:
    """Nothing is published before a yes."""
    author.run("apply")
    author.write({"policy.yaml": FILES["policy.yaml"].replace("max: 3", "max: 4")})
    author.run("apply")
    result = CliRunner().invoke(nudges, ["rollback", "1"], input="n\n")
    assert "caps[1].max: 4 → 3" in result.output
    assert result.exit_code == 1
    assert author.document("pull", "--force")["number"] == 2
    assert "There is no release 9." in str(author.run("rollback", "9", "--yes").exception)


def test_pull_writes_byte_for_byte_and_overwrites_nothing_unasked(author: Author, tmp_path: Path) -> None:
    """What was published comes back exactly; a file that differs is in the way."""
    odd = {"in-app/hint.yaml": "# Grüße\r\n" + FILES["in-app/hint.yaml"]}
    author.write(odd)
    author.run("apply")
    other = Author(tmp_path / "other")
    refused = other.run("pull")
    assert refused.exit_code == 1
    assert "In the way, because they differ: in-app/hint.yaml" in refused.output
    assert other.document("pull", "--force")["written"] == ["in-app/hint.yaml"]
    assert (other.folder / "in-app/hint.yaml").read_bytes() == odd["in-app/hint.yaml"].encode()


def test_automated_steps_never_newly_reach_a_strategic_account_unasked(author: Author) -> None:
    """The plan is refused and names the account; apply needs an explicit word."""
    author.run("apply")
    catalog = FILES["catalog.yaml"].replace("account.plan: enterprise", "account.plan: platinum")
    author.write({"catalog.yaml": catalog})
    planned = author.run("plan")
    assert planned.exit_code == 1
    assert "would newly reach 1 strategic account: Acme (acme)" in planned.output
    assert "1 account: strategic → long_tail" in planned.output
    refused = author.run("apply")
    assert "--accept-strategic" in str(refused.exception)
    assert author.document("apply", "--accept-strategic")["number"] == 2


def test_an_account_that_may_match_later_is_guarded_too(author: Author) -> None:
    """A play on usage that a strategic account does not have yet would reach it tomorrow."""
    author.run("apply")
    play = FILES["plays/drop.yaml"] + "audience: {account_usage.launch.total: {$gte: 5}}\n"
    catalog = FILES["catalog.yaml"].replace("account.plan: enterprise", "account.plan: platinum")
    author.write({"catalog.yaml": catalog, "plays/drop.yaml": play})
    assert "would newly reach 1 strategic account: Acme (acme)" in author.run("plan").output


def test_apply_on_an_old_base_is_refused(author: Author) -> None:
    """Somebody else's release is not overwritten."""
    author.run("apply", "--base", "0")
    author.write({"policy.yaml": FILES["policy.yaml"].replace("max: 3", "max: 4")})
    result = author.run("apply", "--base", "0")
    assert "release 1 is live, and these files were made from release 0" in str(result.exception)
    assert author.document("apply", "--base", "1")["number"] == 2


def test_two_environments_from_one_folder(author: Author) -> None:
    """Staging is planned and published with its overrides, and never mistaken for production."""
    author.write({"environments/staging.yaml": "nudges: {hint: {status: paused}}\n"})
    changed = author.run("diff", "--environment", "staging", "--folder", str(author.folder))
    assert "+ status: paused" in changed.output or "status: paused (new)" in changed.output
    assert "For the environment staging." in author.run("plan", "-e", "staging").output
    applied = author.run("apply", "-e", "staging")
    assert "Release 1 is live in acme-prod, for the environment staging." in applied.output
    assert "Nothing changed: release 1" in author.run("apply").output
    refused = author.run("apply", "-e", "")
    assert "--change-environment" in str(refused.exception)
    assert "apply needs --change-environment" in author.run("plan", "-e", "").output
    assert author.document("apply", "-e", "", "--change-environment")["number"] == 2
    assert "status: paused (removed)" in author.run("diff", "1", "2").output
    assert author.run("diff", "1").exit_code == 2
    wrong = author.run("apply", "-e", "stagin")
    assert wrong.exit_code == 1 and "did you mean staging" in wrong.output


def test_audience(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """A condition in one line, or a nudge by its key."""
    author.run("apply")
    assert (
        author.run("audience", "--condition", "{account.plan: growth}").output
        == "2 of 3 users, in 2 accounts.\n"
    )
    assert author.document("audience", "hint")["users"] == 3
    monkeypatch.setattr("waypost_server.services.population.SAMPLE", 1)
    told = author.run("audience", "hint").output
    assert told.startswith("About ") and "Counted: 3 of" in told
    assert author.run("audience").exit_code == 2
    assert "--condition, line 2" in author.run("audience", "--condition", "{a: [").output
    assert "did you mean" in str(author.run("audience", "--condition", "{usr.role: a}").exception)


def test_a_folder_becomes_a_draft_and_a_draft_a_folder(author: Author, tmp_path: Path) -> None:
    """push and pull --draft are inverse; edits in the way are named and asked for."""
    author.run("apply")
    author.write({"in-app/hint.yaml": NARROWER.replace("\n", "\r\n")})
    (author.folder / "templates/tips.md").unlink()
    said = author.run("push", "--draft", "spring").output
    assert "changed in-app/hint.yaml" in said and "deleted templates/tips.md" in said
    assert "The draft spring in acme-prod changes 2 files." in said
    assert "spring: 2 files" in author.run("drafts").output
    other = Author(tmp_path / "other")
    pulled = other.run("pull", "--draft", "spring", "--force").output
    assert "Draft spring: 1 file written" in pulled and "does not hold them: templates/tips.md" in pulled
    assert (other.folder / "in-app/hint.yaml").read_bytes() == NARROWER.replace("\n", "\r\n").encode()
    asked = CliRunner().invoke(nudges, ["push", str(other.folder), "--draft", "spring"], input="n\n")
    assert "holds other edits of: templates/tips.md" in asked.output and asked.exit_code == 1
    assert author.document("drafts")["data"][0]["files"] == 2
    assert len(other.document("push", "--draft", "spring")["edits"]) == 1


def test_a_folder_that_cannot_be_read_is_not_pushed(author: Author) -> None:
    """A file that is no text would read as deleted."""
    (author.folder / "plays/drop.yaml").write_bytes(b"\xff\xfe")
    refused = author.run("push", "--draft", "spring")
    assert refused.exit_code == 1 and "would be deleted" in refused.output
    assert "no drafts" in author.run("drafts").output
