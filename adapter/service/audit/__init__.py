"""The audit log as persons read it: the log keeper's book, and what a woman sees of who looked at her data."""

from __future__ import annotations
