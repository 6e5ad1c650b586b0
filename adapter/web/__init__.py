"""The pages, in Dutch."""
