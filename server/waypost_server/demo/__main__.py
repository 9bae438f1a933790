"""`python -m waypost_server.demo story`: tell the story against a running Waypost and product."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from waypost_server.demo.narrator import Narrator
from waypost_server.demo.story import Place, follow, tell


def main() -> int:
    """Parse arguments, tell the story, and (with --follow) go on telling what happens."""
    parser = argparse.ArgumentParser(prog="waypost demo story")
    parser.add_argument(
        "--ready-file", type=Path, required=True, help="what `waypost run --ready-file` wrote"
    )
    parser.add_argument("--follow", action="store_true", help="go on until stopped")
    options = parser.parse_args()
    place = Place.from_ready(json.loads(options.ready_file.read_text()))
    narrator = Narrator(sys.stdout)
    lines = tell(place, narrator)
    narrator.links(place)
    if options.follow:
        follow(place, narrator, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
