"""The command line."""

from adapter.cli.app import main

__all__ = ["main"]
