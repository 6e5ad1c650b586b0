"""Dutch names made comparable: accents, case, titles of place and punctuation left out."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from adapter.model.facts import Name

_PREFIXES = frozenset(
    ("van", "de", "der", "den", "het", "ten", "ter", "te", "von", "la", "le", "el", "al", "t", "in", "op")
)


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """Lower case letters and digits only, without accents: `Groeneboom-Gräs` becomes `groeneboom gras`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.split())


def family_names(name: Name) -> frozenset[str]:
    """Every family name of the person, own and partner's, prefixes left out."""
    texts = [t for t in (name.own, name.partner, name.family) if t]
    names: set[str] = set()
    for text in texts:
        words = [w for w in plain(text).split() if w not in _PREFIXES]
        if words:
            names.add(" ".join(words))
    return frozenset(names)


def own_family(name: Name) -> str | None:
    """The own family name (geslachtsnaam), else the one name that was given."""
    text = name.own or name.family
    if not text:
        return None
    words = [w for w in plain(text).split() if w not in _PREFIXES]
    return " ".join(words) or None


def first_given(name: Name) -> str | None:
    """The first given name that is more than an initial."""
    for given in name.given:
        text = plain(given)
        if len(text) > 1:
            return text.split()[0]
    return None


def initials(name: Name) -> str | None:
    """The first letter of the first given name."""
    for given in name.given:
        if text := plain(given):
            return text[0]
    return None
