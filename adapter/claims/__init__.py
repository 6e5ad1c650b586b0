"""The integral prestatie and claim, and the monodisciplinary fall-back. Sees rules and model only."""
