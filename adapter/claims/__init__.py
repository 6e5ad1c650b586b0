"""The integral prestatie and claim, and the monodisciplinary fall-back. Sees rules and model only."""

from adapter.claims.advise import advise
from adapter.claims.catalogue import Catalogue, load_catalogue
from adapter.claims.measures import Measures, load_measures

__all__ = ["Catalogue", "Measures", "advise", "load_catalogue", "load_measures"]
