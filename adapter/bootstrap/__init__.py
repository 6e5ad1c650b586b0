"""Wires the rooms together; nothing else builds its own dependencies."""
