"""Effective-dated decision tables: load, prove, evaluate with a full trace."""
