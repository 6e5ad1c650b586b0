"""The integral prestatie and claim, and the monodisciplinary fall-back. Sees rules and model only."""

from adapter.claims.advise import advise
from adapter.claims.catalogue import Catalogue, load_catalogue

__all__ = ["Catalogue", "advise", "load_catalogue"]
