"""Wires the rooms together; nothing else builds its own dependencies."""

from adapter.bootstrap.settings import Settings, data_folder, load
from adapter.bootstrap.wire import listening, open_application, reachable_safely

__all__ = ["Settings", "data_folder", "listening", "load", "open_application", "reachable_safely"]
