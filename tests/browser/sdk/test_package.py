"""The package as a product's build meets it: types under each setting of TypeScript, `import`, `require`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.browser.sdk.conftest import ROOT, SDK

TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
PRODUCT = """\
import * as waypost from 'waypost-js';
import type { Events, Labels, NudgeEvent, Options, Properties, Reaction, Theme } from 'waypost-js';

interface Person { role: string; seats?: number }
const person: Person = { role: 'admin' };
const theme: Theme = { accent: '#3b5bdb' };
const onNudge = (event: NudgeEvent): void => { if (event.type === 'clicked') event.preventDefault(); };
const options: Options = { key: 'wp_pk_test', theme, onNudge, getToken: async (user) => user };
waypost.init(options);
waypost.identify('u1', person);
waypost.on('drop', (lost) => { const count: number | undefined = lost['full']; void count; });
// @ts-expect-error - a key is needed: who writes this without one hears it before anything runs
waypost.init({});
// @ts-expect-error - an id is text
waypost.identify(17);
"""
USE = "waypost.init({key: 'wp_pk_test'}); waypost.track('x'); waypost.flush().then(() => console.log(waypost.version))"


@pytest.fixture
def product(sdk_script: Path, tmp_path: Path) -> Path:
    """An empty project that has the package installed."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "waypost-js").symlink_to(SDK)
    return tmp_path


@pytest.mark.parametrize("ending", ["mts", "cts"])
@pytest.mark.parametrize("module", ["node16", "nodenext", "preserve"])
def test_its_types_hold_in_a_strict_project(module: str, ending: str, product: Path) -> None:
    """Right use compiles and wrong use does not, whatever the project does to find modules."""
    (product / f"use.{ending}").write_text(PRODUCT)
    settings = ["--strict", "--noEmit", "--target", "es2022", "--types", "", "--module", module]
    ran = subprocess.run(
        ["node", TSC, *settings, f"use.{ending}"], cwd=product, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize(
    "script",
    [
        f"const waypost = require('waypost-js'); {USE}",
        f"import('waypost-js').then((waypost) => {{ {USE} }})",
    ],
    ids=["require", "import"],
)
def test_a_server_may_load_it_and_nothing_happens(script: str, product: Path) -> None:
    """Rendering on a server calls the same code: no window, no error, no waiting."""
    ran = subprocess.run(["node", "-e", script], cwd=product, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("0.1.0", "")


def test_an_editor_has_something_to_say_about_every_name(sdk_script: Path) -> None:
    """Each public function, type and field has a comment, and nothing private is declared."""
    lines = (SDK / "dist" / "index.d.ts").read_text().splitlines()
    name = re.compile(r"export |    \w+\??[:(]")
    pairs = zip(["", *lines], lines, strict=False)
    assert not [line for before, line in pairs if name.match(line) and not before.endswith("*/")]
    assert not [line for line in lines if "Client" in line or "private" in line]
