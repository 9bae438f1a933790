"""Holdouts are decided by a hash that never changes."""

from __future__ import annotations

import json
from pathlib import Path

from waypost_server.domain.assignment import held_out, share

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "assignment.json").read_text())


def test_vectors() -> None:
    """The pinned numbers hold, so that no release reshuffles an experiment."""
    for vector in VECTORS["shares"]:
        assert share(vector["salt"], vector["unit"]) == vector["share"]
    for vector in VECTORS["holdouts"]:
        assert held_out(vector["nudge"], vector["unit"], vector["percent"]) is vector["held"]


def test_the_share_of_accounts_is_about_the_percentage() -> None:
    """Ten percent of many accounts are held out, and of two nudges not the same ones."""
    first = {n for n in range(5000) if held_out("a", f"account-{n}", 10)}
    second = {n for n in range(5000) if held_out("b", f"account-{n}", 10)}
    assert 400 < len(first) < 600
    assert 20 < len(first & second) < 90


def test_nobody_at_zero_and_everybody_at_hundred() -> None:
    """0 holds nobody out, 100 everybody."""
    assert not any(held_out("a", f"{n}", 0) for n in range(500))
    assert all(held_out("a", f"{n}", 100) for n in range(500))
