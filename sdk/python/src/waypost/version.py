"""The version, told to the server with every batch; `pyproject.toml` says the same."""

VERSION = "0.1.0"
