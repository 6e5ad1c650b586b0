"""What women permit and forbid, the grounds that follow from it, and which source may be asked for whom."""
