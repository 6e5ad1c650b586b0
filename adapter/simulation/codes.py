"""The codes that the simulated EPDs write. Source: the Nictiz value sets of Geboortezorg STU3 3.0 and nl-core R4."""

from __future__ import annotations

from functools import cache
from typing import Any

from adapter.model.facts import ActKind

SCT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ZORGSOORT = "urn:oid:2.16.840.1.113883.2.4.6.7"  # AGB zorgsoort / specialism

_DISPLAY = {
    "118185001": "bevinding betreffende zwangerschap (bevinding)",
    "364320009": "observatie betreffende zwangerschap (waarneembare entiteit)",
    "169711001": "prenatale intake (verrichting)",
    "11429006": "consult (verrichting)",
    "158111000146102": "prenataal huisbezoek door kraamzorg (regime/therapie)",
    "236973005": "begeleiden van bevalling (verrichting)",
    "816968003": "ondersteuning durante partu (regime/therapie)",
    "133906008": "postnatale zorg (regime/therapie)",
    "169762003": "postnataal huisbezoek (regime/therapie)",
    "158101000146104": "postnatale zorg door kraamzorg (regime/therapie)",
    "384636006": "maternaal postnataal onderzoek 6 weken na bevalling (verrichting)",
    "409063005": "counseling (verrichting)",
    "133601000146101": "echografie ter bepaling van geschatte datum van partus (verrichting)",
    "143691000146108": "structureel echoscopisch onderzoek tijdens eerste trimester (verrichting)",
    "143701000146108": "structureel echoscopisch onderzoek tijdens tweede trimester (verrichting)",
    "241493005": "echografie voor foetale groei (verrichting)",
    "86531000146104": "geavanceerd ultrageluidonderzoek type I (verrichting)",
    "7751000146103": "niet-invasieve prenatale test (verrichting)",
    "396550006": "bloedonderzoek (verrichting)",
    "386276009": "cardiotocografische bewaking antepartum (regime/therapie)",
    "387678005": "uitwendige versie van foetus (verrichting)",
    "32485007": "opname in ziekenhuis (verrichting)",
    "45460008": "intra-uteriene transfusie (verrichting)",
    "11466000": "sectio caesarea (verrichting)",
    "80771000146107": "primaire sectio caesarea (verrichting)",
    "80801000146105": "secundaire sectio caesarea (verrichting)",
    "48782003": "spontane vaginale partus",
    "61586001": "vacuum",
    "3950001": "geboorte (bevinding)",
    "386637004": "obstetrische verrichting (verrichting)",
    "169813005": "thuisbevalling (bevinding)",
    "56311000146108": "geboorte in geboortecentrum (bevinding)",
    "56321000146103": "geboorte in ziekenhuis (bevinding)",
    "56301000146106": "geboorte tijdens transport (bevinding)",
    "107191000146100": "geboorte in buitenland (bevinding)",
    "264362003": "thuis (omgeving)",
    "91154008": "zelfstandig geboortecentrum (omgeving)",
    "285201006": "ziekenhuisomgeving (omgeving)",
    "459166009": "dichoriale diamniotische tweelingzwangerschap (aandoening)",
    "459168005": "monochoriale diamniotische tweelingzwangerschap (aandoening)",
    "65147003": "tweelingzwangerschap (bevinding)",
    "161714006": "geschatte datum van partus (waarneembare entiteit)",
    "147781000146105": "definitieve uitgerekende datum van partus (waarneembare entiteit)",
    "21840007": "datum van laatste menstruatie (waarneembare entiteit)",
    "57036006": "zwangerschapsduur (waarneembare entiteit)",
    "161732006": "aantal zwangerschappen (waarneembare entiteit)",
    "364325004": "pariteit (waarneembare entiteit)",
    "142931000146106": "aantal levende foetussen (waarneembare entiteit)",
    "118951000146109": "datum van einde van zwangerschap (waarneembare entiteit)",
    "160621000146107": "datum van begin van eerste fase van partus (waarneembare entiteit)",
    "160611000146102": "manier waarop eerste fase van partus is begonnen (waarneembare entiteit)",
    "84457005": "spontaan",
    "136311000146100": "datum en tijd van geboorte van placenta (waarneembare entiteit)",
    "366344009": "bevinding betreffende locatie van partus",
    "364336006": "soort partus (waarneembare entiteit)",
    "142961000146102": "voorkeur voor locatie van bevalling (waarneembare entiteit)",
    "159821000146107": "lijn in gezondheidszorg (waarneembare entiteit)",
    "160071000146101": "eerste lijn",
    "160081000146104": "tweede lijn",
    "160091000146102": "derde lijn",
    "147771000146108": "zorgafnemer heeft kraamzorg aangevraagd (situatie)",
    "160631000146109": "geïndiceerd aantal uur kraamzorg (waarneembare entiteit)",
    "276507005": "foetale sterfte (gebeurtenis)",
    "307733001": "complete spontane miskraam (aandoening)",
    "34801009": "ectopische zwangerschap (aandoening)",
    "82688001": "verwijderen van ectopische foetus (verrichting)",
    "59291004": "intra-uteriene vruchtdood (bevinding)",
    "285409006": "medicamenteuze zwangerschapsafbreking (verrichting)",
    "173300003": "zwangerschapsstoornis (aandoening)",
    "308292007": "overdracht van zorg (verrichting)",
    "249043002": "foetale hartfrequentie (waarneembare entiteit)",
    "249062004": "ligging van foetus (waarneembare entiteit)",
    "1209182005": "hoofdligging van foetus (bevinding)",
    "6096002": "stuitligging (bevinding)",
    "364332008": "bloedverlies durante partu (waarneembare entiteit)",
    "58460004": "bloedgroep O (bevinding)",
    "112144000": "bloedgroep A (bevinding)",
    "112149005": "bloedgroep B (bevinding)",
    "165743006": "bloedgroep AB (bevinding)",
    "165747007": "fenotype D-positief (bevinding)",
    "165746003": "fenotype D-negatief (bevinding)",
    "733120009": "fenotype c-positief (bevinding)",
    "312457003": "irregulaire antilichamen aanwezig (bevinding)",
    "165815009": "humaan immunodeficiëntievirus niet aangetoond (bevinding)",
    "48194001": "zwangerschapsgeïnduceerde hypertensie (aandoening)",
    "267258002": "small for gestational age (aandoening)",
    "77262006": "hielprik (verrichting)",
    "252957005": "gehoortest bij kind (verrichting)",
    "83418008": "volledige foetus (lichaamsstructuur)",
}

PLACE = {
    "thuis": "169813005",
    "geboortecentrum": "56311000146108",
    "ziekenhuis": "56321000146103",
    "transport": "56301000146106",
    "buitenland": "107191000146100",
}
INTENDED = {"thuis": "264362003", "geboortecentrum": "91154008", "ziekenhuis": "285201006"}
DELIVERY = {
    "spontaan": "48782003",
    "vacuum": "61586001",
    "sectio": "11466000",
    "sectio-primair": "80771000146107",
    "sectio-secundair": "80801000146105",
}
CHORIONICITY = {"dichoriaal": "459166009", "monochoriaal": "459168005"}
LEVEL = {1: "160071000146101", 2: "160081000146104", 3: "160091000146102"}

CONTACT = {
    ActKind.INTAKE: "169711001",
    ActKind.CONSULT: "11429006",
    ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG: "158111000146102",
    ActKind.BEVALLING: "236973005",
    ActKind.PARTUSASSISTENTIE: "816968003",
    ActKind.POSTNATALE_ZORG: "133906008",
    ActKind.KRAAMZORG: "158101000146104",
    ActKind.NACONTROLE: "384636006",
    ActKind.COUNSELING: "409063005",
}
"""Kinds of act that are contacts (Encounter.type, value set ContactSoort)."""

SCAN = {
    ActKind.TERMIJNECHO: "133601000146101",
    ActKind.SEO_1: "143691000146108",
    ActKind.SEO_2: "143701000146108",
    ActKind.ECHO: "241493005",
    ActKind.GUO: "86531000146104",
}
"""Kinds of act that are ultrasounds (value set Onderzoektype)."""

PROCEDURE = {
    ActKind.LAB: "396550006",
    ActKind.NIPT: "7751000146103",
    ActKind.CTG: "386276009",
    ActKind.VERSIE: "387678005",
    ActKind.OPNAME: "32485007",
    ActKind.HIGH_CARE: "45460008",
}
"""Kinds of act that are procedures (value set VerrichtingType_Zwangerschap)."""

UNCODED = {ActKind.PRECONCEPTIE: "preconceptieconsult", ActKind.ANTICONCEPTIE: "plaatsen van anticonceptie"}
"""Kinds of contact for which the value sets have no code: vendors write text."""


@cache
def coding(code: str, system: str = SCT, display: str | None = None) -> dict[str, Any]:
    """A Coding, with its display where we know it. Shared: not to be changed by who gets it."""
    text = display or _DISPLAY.get(code)
    return {"system": system, "code": code, **({"display": text} if text else {})}


@cache
def _snomed(codes: tuple[str, ...]) -> dict[str, Any]:
    return {"coding": [coding(c) for c in codes]}


def concept(*codings: dict[str, Any] | str) -> dict[str, Any]:
    """A CodeableConcept of SNOMED codes (text) and codings, in that order. Shared, as `coding`."""
    codes = tuple(c for c in codings if isinstance(c, str))
    if len(codes) == len(codings):
        return _snomed(codes)
    return {"coding": [coding(c) if isinstance(c, str) else c for c in codings]}
