"""Reach one EPD: page, retry, and say honestly what could not be fetched."""
