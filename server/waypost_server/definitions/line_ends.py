"""Line ends of a text that went through a form: browsers send every one as CR LF, whatever it was."""

from __future__ import annotations

import difflib
import re

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|$)")


def keep_line_ends(before: str, given: str) -> str:
    """`given` with the line ends that `before` has: its own for lines that stayed, its first one for new lines."""
    old, new = _lines(before), _lines(given)
    usual = next((end for _, end in old if end), "\n")
    ends = [usual if end else "" for _, end in new]
    kept = difflib.SequenceMatcher(a=[text for text, _ in old], b=[text for text, _ in new], autojunk=False)
    for block in kept.get_matching_blocks():
        for place in range(block.size):
            was = old[block.a + place][1]
            if ends[block.b + place] and was:
                ends[block.b + place] = was
    return "".join(text + end for (text, _), end in zip(new, ends, strict=True))


def _lines(text: str) -> list[tuple[str, str]]:
    """Each line with its end; the last one has none, and is not there when it is empty."""
    found = [(match[1], match[2]) for match in _LINE.finditer(text)]
    return [each for each in found if each != ("", "")]
