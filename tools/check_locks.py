"""Lock files must name no host: they install from whichever registry the machine is set to use.

Fails on any address in requirements.lock or package-lock.json, links to sponsors apart.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    findings = [*requirements(ROOT / "requirements.lock")]
    for lock in sorted(ROOT.glob("**/package-lock.json")):
        if "node_modules" not in lock.parts and ".venv" not in lock.parts:
            findings += package_lock(lock)
    for finding in findings:
        print(finding)
    if not findings:
        print("Lock files name no host.")
    return 1 if findings else 0


def requirements(lock: Path) -> list[str]:
    """Lines of a pip lock that hold an address or an index option, and packages without a hash."""
    lines = lock.read_text().splitlines()
    bad = [
        f"{lock.name}:{number}: {line.strip()}"
        for number, line in enumerate(lines, 1)
        if "://" in line or line.startswith(("-i ", "--index", "--extra-index", "--find-links"))
    ]
    if not any("--hash=sha256:" in line for line in lines):
        bad.append(f"{lock.name}: has no hashes; make it with: make lock")
    return bad


def package_lock(lock: Path) -> list[str]:
    """Places in an npm lock that hold an address, and packages without an integrity hash."""
    content = json.loads(lock.read_text())
    bad = [f"{lock.relative_to(ROOT)}: {place}: {value}" for place, value in _addresses(content, "")]
    for name, package in content.get("packages", {}).items():
        installed = name.startswith("node_modules/") or "/node_modules/" in name
        if installed and not package.get("link") and "integrity" not in package:
            bad.append(f"{lock.relative_to(ROOT)}: {name} has no integrity hash")
    return bad


def _addresses(value: Any, place: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(place, value)] if "://" in value else []
    if isinstance(value, list):
        return [found for each in value for found in _addresses(each, place)]
    if isinstance(value, dict):
        return [
            found
            for key, each in value.items()
            if key not in ("funding", "deprecated")
            for found in _addresses(each, f"{place}/{key}")
        ]
    return []


if __name__ == "__main__":
    sys.exit(main())
