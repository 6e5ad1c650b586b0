"""The use cases, each reading like the walk: pull, rebuild a woman, show, decide."""
