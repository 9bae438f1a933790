"""The documentation can be trusted: every page is found, every link leads somewhere, every command is one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from waypost_server.cli import main

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "nudges").rglob("*.md"),
                *(ROOT / "sdk").glob("*/*.md")])  # fmt: skip


def named(page: Path) -> str:
    """A page as a test's name."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The addresses of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that exists, and a heading that is in it."""
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:|/|{{", target):
            continue
        file, _, anchor = target.partition("#")
        there = page.parent / file if file else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(target)
    assert dead == []


def test_every_page_is_in_the_index() -> None:
    """docs/README.md leads to each page of docs/, to both SDKs and to those at the root."""
    index = (DOCS / "README.md").read_text()
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", index)}
    wanted = {page for page in DOCS.glob("*.md") if page.name != "README.md"}
    wanted |= {
        DOCS / "adr" / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        ROOT / "SECURITY.md",
    }
    wanted |= set((ROOT / "sdk").glob("*/README.md"))
    assert wanted - linked == set()


def test_every_decision_is_in_its_index() -> None:
    """Each page of docs/adr stands in the table of its README."""
    index = (DOCS / "adr" / "README.md").read_text()
    assert [page.name for page in DOCS.glob("adr/0*.md") if page.name not in index] == []


def test_the_map_names_what_is_there() -> None:
    """Each file and folder of docs/architecture.md exists, and it names every package of the server."""
    text = (DOCS / "architecture.md").read_text()
    server = ROOT / "server" / "waypost_server"
    names = re.findall(r"`([\w./-]+(?:\.py|\.ts|/))`", text)
    assert len(names) > 80
    assert [name for name in names if not (server / name).exists() and not (ROOT / name).exists()] == []
    packages = {path.parent.name for path in server.glob("*/__init__.py")}
    assert [name for name in packages if f"{name}/" not in text] == []


def commands() -> list[tuple[str, str]]:
    """(page, line) of each command in the pages' shell blocks that begins with `waypost`."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)\n *```", page.read_text(), re.S):
            lines = block.replace("\\\n", " ").splitlines()
            found += [(named(page), line.strip()) for line in lines if line.strip().startswith("waypost ")]
    return found


@pytest.mark.parametrize(("page", "line"), commands())
def test_commands_can_be_typed(page: str, line: str) -> None:
    """Each command of an example exists, and takes the options it is given."""
    command: click.Command = main
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{page}: there is no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.make_parser(context).parse_args(words)


def test_the_browser_sdk_tells_every_call_option_and_event() -> None:
    """The tables of sdk/js/README.md name exactly what index.ts and core/public.ts export."""
    page = (ROOT / "sdk" / "js" / "README.md").read_text()
    source = ROOT / "sdk" / "js" / "src"
    called = set(re.findall(r"^export function (\w+)", (source / "index.ts").read_text(), re.M))
    assert set(re.findall(r"`(\w+)\(", page.partition("| call |")[2].partition("\n\n")[0])) == called
    kinds = dict(
        re.findall(
            r"^export interface (\w+) {\n(.*?)^}", (source / "core" / "public.ts").read_text(), re.M | re.S
        )
    )
    names = {kind: set(re.findall(r"^  (\w+)\??[:(]", body, re.M)) for kind, body in kinds.items()}
    options = page.partition("| option |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)[`(]", re.sub(r"(?m)^(\| .*?) \|.*$", r"\1", options))) == names["Options"]
    events = re.search(r"`on\(name, fn\)` \| listen to (.*?);", page)
    assert events and set(re.findall(r"`(\w+)`", events[1])) == names["Events"]
