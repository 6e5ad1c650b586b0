"""Invented women: names, addresses and test BSNs. Nobody in here exists."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.model.identifiers import Bsn, InvalidIdentifierError


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words(
    "Aafke Amira Anouk Aylin Bente Carlijn Chaima Danique Dewi Eline Elif Esmee Eva Fatima Femke Fenna Floor "
    "Hanna Ilse Imane Iris Isa Jasmijn Jolien Judith Karlijn Kim Lana Laura Leila Lieke Linde Lisa Lotte Maaike "
    "Malou Marit Merel Mila Nadia Naomi Nienke Nora Nour Olga Paulien Rianne Romy Roos Saar Sanne Selin Sofie "
    "Suzan Tamara Tess Valerie Vera Wies Yara Zeynep Zoë "
)
_FAMILY = _words(
    "Akkerwinde Appelhof Baarsveen Bergkwartier Boterbloem Brakelstein Brugzicht Dijkhoeve Drielandenpunt "
    "Duinroos Eikenhorst Elzenga Essenburg Fazantveld Galgenwaard Ganzeveer Goudsbloem Graspieper Haagbeuk "
    "Hazelgrouw Heidekamp Hooilander Houtsnip Iepenburg Kalmoes Karekiet Kievitsveld Klaproos Koekoeksbloem "
    "Korenwolf Kraanvogel Lepelblad Leeuwerik Lisdodde Maasoever Madelief Meerkoet Meidoorn Molenwiek Nachtegaal "
    "Oeverzwaluw Paardekastanje Pijlkruid Pinksterbloem Polderman Rietzanger Roerdomp Rozenbottel Schapenweide "
    "Scholekster Sleedoorn Smeerwortel Sneeuwklok Tureluur Veldsla Vlierbes Vogelkers Waterlelie Weidemolen "
    "Wielewaal Wilgenroos Wulpenburg Zandhagedis Zilvermeeuw Zonnedauw Zuring "
)
_PREFIX = ("", "", "", "", "van", "de", "van der", "van den")
_STREETS = ("Proefstraat", "Voorbeeldlaan", "Testweg", "Oefenplein", "Fictiehof", "Bedachtekade")
_TOWNS = (("Voorbeeldstad", "9990"), ("Testerdam", "9991"), ("Fictievoort", "9992"), ("Bedachtendijk", "9993"))
_CHILDREN = {"f": ("Noor", "Julia", "Saar", "Yasmin", "Mila"), "m": ("Noah", "Sem", "Milan", "Adam", "Finn")}


@dataclass(frozen=True, slots=True)
class Woman:
    """An invented woman. `bsn` is a test number (9999xxxxx first, then the rest of 999xxxxxx)."""

    key: str
    number: int
    bsn: Bsn
    given: str
    prefix: str
    family: str
    partner: str | None
    birth_date: date
    street: str
    house_number: int
    postal_code: str
    town: str

    @property
    def own_name(self) -> str:
        """Prefix and family name."""
        return f"{self.prefix} {self.family}".strip()


def bsns() -> Iterator[Bsn]:
    """Every valid test BSN of the 999 range, those of 9999xxxxx first. Never gives one twice."""
    for head in (9999, *range(9998, 9989, -1)):
        for middle in range(10_000):
            for last in range(10):
                try:
                    yield Bsn(f"{head}{middle:04d}{last}")
                except InvalidIdentifierError:
                    continue
                break


def wrong_bsn(bsn: Bsn) -> str:
    """The same number with its last digit off by one: it fails the 11-proef."""
    return bsn.value[:-1] + str((int(bsn.value[-1]) + 1) % 10)


def woman(key: str, number: int, bsn: Bsn, chance: random.Random) -> Woman:
    """Invent a woman of 18 to 44 years on the reference day."""
    town, digits = chance.choice(_TOWNS)
    family = chance.choice(_FAMILY)
    return Woman(
        key=key,
        number=number,
        bsn=bsn,
        given=chance.choice(_GIVEN),
        prefix=chance.choice(_PREFIX),
        family=family,
        partner=chance.choice([f for f in _FAMILY if f != family]) if chance.random() < 0.5 else None,
        birth_date=date(1980, 8, 1) + timedelta(days=chance.randrange(26 * 365)),
        street=chance.choice(_STREETS),
        house_number=chance.randrange(1, 300),
        postal_code=f"{digits}{chance.choice('ABCDEGHJKL')}{chance.choice('ABCDEGHJKL')}",
        town=town,
    )


def child_name(sex: str, rank: int, number: int) -> str:
    """A given name for a child."""
    names = _CHILDREN[sex]
    return names[(number + rank) % len(names)]


def misspelt(name: str, chance: random.Random) -> str:
    """The name with two neighbouring letters swapped, as typing mistakes go."""
    where = chance.randrange(1, len(name) - 1)
    return name[:where] + name[where + 1] + name[where] + name[where + 2 :]
