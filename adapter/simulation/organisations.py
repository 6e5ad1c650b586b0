"""The organisations of the simulated region: all fictitious, and named so. AGB codes and URAs do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.model.evidence import OrganisationKind as Kind
from adapter.model.sources import FhirVersion


@dataclass(frozen=True, slots=True)
class Participant:
    """An organisation that gives birth care in or around the region.

    `member` is its period in the IGO (both days included), None when it never took part. `source` says whether its own
    EPD is one of the simulated sources (then `key` is the source id).
    """

    key: str
    name: str
    kind: Kind
    type_code: str | None  # Nictiz organization-type (RoleCodeNL)
    agb: str | None = None
    ura: str | None = None
    discipline: str | None = None  # as a member of the IGO
    since: date | None = None
    until: date | None = None
    source: bool = False
    third_line: bool = False

    def member_on(self, day: date) -> bool:
        """Whether it takes part in the IGO on that day."""
        return self.since is not None and self.since <= day and (self.until is None or day <= self.until)

    def member_through(self, first: date, last: date) -> bool:
        """Whether it takes part in the IGO on every day from the first up to and including the last."""
        return self.member_on(first) and self.member_on(last)


@dataclass(frozen=True, slots=True)
class Source:
    """A simulated EPD: whose it is, which FHIR version and dialect it speaks, and the port of its server."""

    id: str
    fhir_version: FhirVersion
    dialect: str
    port: int


VP, ZH, KZ = "vp-linde", "zh-delta", "kz-lente"

SOURCES = (
    Source(VP, FhirVersion.STU3, "nictiz-geboortezorg-stu3-1x", 9001),
    Source(ZH, FhirVersion.R4, "nl-core-r4", 9002),
    Source(KZ, FhirVersion.STU3, "nictiz-geboortezorg-stu3-kraamzorg", 9003),
)

_START = date(2017, 1, 1)
_GROWTH = date(2024, 6, 15)  # three participants joined on this day; none of them has an EPD that can be asked

PARTICIPANTS: dict[str, Participant] = {
    p.key: p
    for p in (
        Participant(
            VP,
            "Verloskundigenpraktijk De Linde (fictief)",
            Kind.VERLOSKUNDIGENPRAKTIJK,
            "G3",
            agb="08999901",
            discipline="verloskunde",
            since=_START,
            source=True,
        ),
        Participant(
            ZH,
            "Deltaziekenhuis (fictief)",
            Kind.ZIEKENHUIS,
            "V4",
            agb="06999901",
            ura="99900601",
            discipline="ziekenhuis",
            since=date(2021, 7, 1),
            source=True,
        ),
        Participant(
            KZ,
            "Kraamzorg Lente (fictief)",
            Kind.KRAAMZORG,
            "K4",
            agb="33999901",
            discipline="kraamzorg",
            since=_START,
            source=True,
        ),
        Participant(
            "echo-zicht",
            "Echocentrum In Zicht (fictief)",
            Kind.ECHOCENTRUM,
            "B2",
            agb="90999901",
            discipline="echoscopie",
            since=_GROWTH,
        ),
        Participant(
            "vp-wilg",
            "Verloskundigenpraktijk De Wilg (fictief)",
            Kind.VERLOSKUNDIGENPRAKTIJK,
            "G3",
            agb="08999902",
            discipline="verloskunde",
            since=_GROWTH,
        ),
        Participant(
            "vp-horizon",
            "Verloskundigenpraktijk Horizon (fictief)",
            Kind.VERLOSKUNDIGENPRAKTIJK,
            "G3",
            agb="08999903",
            discipline="verloskunde",
            since=date(2023, 3, 15),
            until=date(2023, 6, 15),
        ),
        Participant(
            "zh-kust",
            "Kustziekenhuis (fictief)",
            Kind.ZIEKENHUIS,
            "V6",
            agb="06999902",
            discipline="ziekenhuis",
            since=_GROWTH,
        ),
        Participant(
            "vp-overkant",
            "Verloskundigenpraktijk De Overkant (fictief)",
            Kind.VERLOSKUNDIGENPRAKTIJK,
            "G3",
            agb="08999951",
        ),
        Participant("zh-overkant", "Ziekenhuis De Overkant (fictief)", Kind.ZIEKENHUIS, "V4", agb="06999951"),
        Participant("umc-verre", "UMC Verre (fictief)", Kind.ZIEKENHUIS, "V5", agb="06999952", third_line=True),
        Participant("echo-overkant", "Echocentrum De Overkant (fictief)", Kind.ECHOCENTRUM, "B2", agb="90999951"),
        Participant("kz-overkant", "Kraamzorg De Overkant (fictief)", Kind.KRAAMZORG, "K4", agb="33999951"),
        Participant("ha-dorp", "Huisartsenpraktijk Het Dorp (fictief)", Kind.HUISARTS, "Z3", agb="01999951"),
        Participant("zh-abroad", "Krankenhaus Musterstadt (fictief, buitenland)", Kind.ZIEKENHUIS, None),
    )
}

INSURERS: dict[str, str] = {
    "1000": "Verzekeraar Eén (fictief)",
    "2000": "Verzekeraar Twee (fictief)",
    "3000": "Verzekeraar Drie (fictief)",
}
"""UZOVI code to name. The codes are in use in official test material; the names are ours."""
