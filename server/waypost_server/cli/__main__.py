"""`python -m waypost_server.cli` is `waypost`."""

from waypost_server.cli import main

main(prog_name="waypost")
