"""From resources to facts, by the dialects in `mappings/`."""
