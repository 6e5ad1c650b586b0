"""By what a record is looked up, so that it is weighed against few others and still finds itself elsewhere.

Every token holds two or three things that rarely agree by chance; each leaves out something that is often wrong: the
given name finds her under a partner's name, her address under another name, her name and address under a mistyped day
of birth. A day and its swapped twin (4 March, 3 April) give the same token.
"""

from __future__ import annotations

from datetime import date

from adapter.linking.names import code, family_key, family_names, first_given, given_names
from adapter.linking.profile import Profile
from adapter.model.facts import Name, Person
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of

CROWDED = 60
"""Records that share one token from which it says nothing any more: a placeholder for a name or a day."""

BY_BSN = "bsn:"


def tokens(person: Person, references: frozenset[str] = frozenset()) -> frozenset[str]:
    """What to look other records up by. The store keeps a keyed hash of each, never the text.

    `references` are resource ids unique enough to be worth looking for in other sources (see `Profile`).
    """
    found: set[str] = set()
    if person.bsn:
        found.add(f"{BY_BSN}{person.bsn.value}")
    given = first_given(person.name)
    place = code(person.postal_code) if person.postal_code else None
    if person.birth_date:
        day = _either_way(day_of(person.birth_date))
        found.update(f"name:{day}:{family}" for family in family_names(person.name))
        if given:
            found.add(f"given:{day}:{given}")
        if place:
            found.add(f"place:{day}:{place}")
    if given and place and person.house_number:
        found.add(f"home:{place}:{code(person.house_number)}:{given}")
    found.update(f"number:{system}:{value}" for system, value in person.identifiers)
    found.update(f"ref:{reference}" for reference in references)
    return frozenset(found)


def tokens_of(profile: Profile) -> frozenset[str]:
    """The tokens of a profile."""
    return tokens(profile.person, profile.references)


def sought_tokens(bsn: Bsn | None, born: date | None, name: str) -> frozenset[str]:
    """What a person looks for, as tokens: a BSN, or a day of birth with any part of a name as family or given name."""
    if bsn is not None:
        return frozenset((f"{BY_BSN}{bsn.value}",))
    if born is None:
        return frozenset()
    day, words = _either_way(born), name.split()
    families = {key for at in range(len(words)) for key in family_names(Name(None, (), " ".join(words[at:]))) if key}
    families |= {key for word in words if (key := family_key(word))}
    given = set(given_names(Name(None, tuple(words))))
    return frozenset({f"name:{day}:{family}" for family in families} | {f"given:{day}:{one}" for one in given})


def words_of(token: str) -> str:
    """What a token stands for, in Dutch, without what it holds."""
    return _WORDS[token.partition(":")[0]]


_WORDS = {
    "bsn": "hetzelfde BSN",
    "name": "dezelfde geboortedatum en geslachtsnaam",
    "given": "dezelfde geboortedatum en voornaam",
    "place": "dezelfde geboortedatum en postcode",
    "home": "hetzelfde adres en dezelfde voornaam",
    "number": "hetzelfde nummer",
    "ref": "een verwijzing naar hetzelfde dossier",
}


def _either_way(day: date) -> str:
    """One text for a day and for the day that it becomes when day and month change places."""
    if day.day > 12:
        return day.isoformat()
    low, high = sorted((day.month, day.day))
    return f"{day.year}-{low:02d}-{high:02d}"
