"""Dutch names made comparable: accents, case, titles of place and punctuation left out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from adapter.model.facts import Name

_PREFIXES = frozenset(
    (
        *("van", "de", "der", "den", "het", "ten", "ter", "te", "von", "la", "le", "el", "al", "t", "s", "in", "op"),
        *("aan", "bij", "uit", "over", "onder", "voor", "vd", "vande", "vander", "vanden", "zu", "zur", "am", "auf"),
        *("du", "des", "del", "della", "di", "da", "do", "dos", "las", "los"),
    )
)
_JOINED = re.compile(r"(vanden|vander|vande|van)(?=[a-z]{3})")
_NOT_DECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
_BETWEEN = re.compile(r"\be[./ ]+[vg]\b\.?|[-/]", re.IGNORECASE)  # e/v: echtgenote van


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """Lower case letters and digits only, without accents: `Groeneboom-Gräs` becomes `groeneboom gras`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.translate(_NOT_DECOMPOSED).split())


def code(text: str) -> str:
    """A postal code or house number as it is compared: letters and digits only."""
    return plain(text).replace(" ", "")


@lru_cache(maxsize=100_000)
def family_key(text: str) -> str:
    """A family name as it is compared: prefixes (voorvoegsels) left out, also when written as one word; ij as y."""
    words = plain(text).split()
    kept = [w for w in words if w not in _PREFIXES] or words
    if len(words) == 1 and (joined := _JOINED.match(kept[0])):
        kept = [kept[0][joined.end() :]]
    return " ".join(kept).replace("ij", "y")


def whole_names(name: Name) -> frozenset[str]:
    """Each family name as it was given: own, partner's, and the one they make together."""
    return frozenset(key for text in (name.own, name.partner, name.family) if text and (key := family_key(text)))


def family_names(name: Name) -> frozenset[str]:
    """Every family name of the person: own, partner's, and the parts of a double name; prefixes left out."""
    return whole_names(name) | _parts(name.own) | _parts(name.partner) | _parts(name.family)


def _parts(text: str | None) -> frozenset[str]:
    """The names on either side of a hyphen: `De Wit-Vermeer` where a source says no more than that."""
    if not text:
        return frozenset()
    return frozenset(key for part in _BETWEEN.split(text) if len(key := family_key(part)) > 1)


def own_family(name: Name) -> str | None:
    """The own family name (geslachtsnaam), else the one name that was given."""
    text = name.own or name.family
    return (family_key(text) or None) if text else None


def given_names(name: Name) -> tuple[str, ...]:
    """The given names that are more than an initial, in order."""
    words = [w for given in name.given for w in plain(given).split()]
    return tuple(w.replace("ij", "y") for w in words if len(w) > 1)


def first_given(name: Name) -> str | None:
    """The first given name that is more than an initial."""
    names = given_names(name)
    return names[0] if names else None


def initials(name: Name) -> str | None:
    """The first letter of the first given name."""
    for given in name.given:
        if text := plain(given):
            return text[0]
    return None
