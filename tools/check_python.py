"""Stop with one clear line when this Python cannot run Waypost."""

import importlib.util
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - older Pythons do read this file
    sys.exit(
        f"Waypost needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
        "Name another with: make setup PYTHON=python3.11"
    )
if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
    sys.exit("This Python lacks venv. On Debian: apt-get install python3-venv")
