"""The theme in policy.yaml: strict colours, and none that cannot be read."""

from __future__ import annotations

import pytest

from tests.definitions.files import FILES, found, load_with
from waypost_server.definitions.loader import load_files
from waypost_server.domain.theme import Palette, Theme

POLICY = "policy.yaml"


def with_theme(lines: str) -> str:
    return f"{FILES[POLICY]}theme:\n{lines}"


def test_a_theme_is_read() -> None:
    """Light and dark pages, and the corners; what is left out comes with Waypost."""
    text = with_theme(
        '  light: {accent: "#0B6E5A", background: "#fffdf5"}\n  dark: {accent: "#8fe0c6"}\n  radius: 6\n'
    )
    loaded = load_files({**FILES, POLICY: text})
    assert loaded.errors == ()
    theme = Theme(Palette("#0b6e5a", background="#fffdf5"), Palette("#8fe0c6"), 6)
    assert loaded.definitions.policy.theme == theme


@pytest.mark.parametrize(
    ("lines", "code", "line", "said", "remedy"),
    [
        ('  light:\n    text: "#999999"\n', "low_contrast", 7, "text #999999 on background #ffffff has a contrast of "
         "2.84:1 and needs 4.5:1", 'the nearest text that can be read is "#767676"'),
        ('  light:\n    background: "#222222"\n', "low_contrast", 7, "accent #0b6e5a on background #222222", "#"),
        ('  dark:\n    accent: "#333333"\n', "low_contrast", 7, "needs 3:1", "the nearest accent"),
        ('  light:\n    accent: "#0b6e5a"\n    accent_text: "#0b6e5b"\n', "low_contrast", 8, "has a contrast of 1:1",
         "the nearest accent_text"),
        ("  light:\n    accent: green\n", "bad_colour", 7, "'green' is no colour", '"#0b6e5a", in quotes'),
        ("  light:\n    accent: #0b6e5a\n", "no_value", 7, "accent has no value", "# begins a comment"),
        ("  light:\n    acent: 1\n", "unknown_key", 7, "acent", "did you mean accent"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(lines: str, code: str, line: int, said: str, remedy: str) -> None:
    """With the measured contrast, the one it needs, and the nearest colour that has it."""
    finding = found(load_with(POLICY, FILES[POLICY], with_theme(lines)), code, POLICY)
    assert (finding.severity, finding.line) == ("error", line)
    assert said in finding.message and remedy in finding.remedy
