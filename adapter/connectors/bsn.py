"""Find a woman at a source by her BSN: in the body of a POST, never in a URL (DESIGN, invariant 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter import fhir
from adapter.connectors.errors import FailedError, MissingError, NotOfferedError, SourceError
from adapter.connectors.paging import split
from adapter.connectors.plan import Search
from adapter.connectors.pull import Pull, together
from adapter.fhir import Entry, JsonObject, Page
from adapter.model.identifiers import Bsn, System, system_of
from adapter.model.sources import Media, SourceState

_BY_BSN = Search("Patient", "identifier", optional=True)


@dataclass(frozen=True, slots=True)
class Found:
    """The Patients that a source has for one BSN."""

    bsn: Bsn
    women: tuple[str, ...]
    page: Page
    media: Media


async def find_women(pull: Pull, bsns: Sequence[Bsn]) -> list[Found]:
    """Ask for each; who is not there, or cannot be asked for, is answered for in the ledger."""
    answers = await together(_find(pull, bsn) for bsn in bsns)
    return [found for found in answers if found]


async def _find(pull: Pull, bsn: Bsn) -> Found | None:
    if _BY_BSN in pull.unoffered:
        pull.ledger.answer(bsn, SourceState.REFUSED, _CANNOT)
        return None
    try:
        reply = await pull.http.post_search("Patient", {"identifier": f"{System.BSN}|{bsn.value}"})
        page = split(reply, pull.offer.version)
    except (NotOfferedError, MissingError):
        pull.unoffered.add(_BY_BSN)
        pull.ledger.warn("Patient/_search", _CANNOT, "een BSN gaat nooit in een URL; vraag de bron om POST _search")
        pull.ledger.answer(bsn, SourceState.REFUSED, _CANNOT)
        return None
    except SourceError as error:
        pull.ledger.answer(bsn, error.state, error.what)
        pull.ledger.error("Patient/_search", error.what, error.advice)
        pull.failed(error)
        return None
    pull.succeeded()
    return _matching(pull, bsn, page, reply.media)


_CANNOT = "deze bron kan niet op BSN worden gevraagd (geen POST Patient/_search)"


def _matching(pull: Pull, bsn: Bsn, page: Page, media: Media) -> Found | None:
    patients = [entry for entry in page.entries if entry.type == "Patient" and entry.id]
    good = [entry for entry in patients if _is_she(pull, entry, media, bsn, alone=len(patients) == 1)]
    if len(good) < len(patients):
        pull.ledger.error(
            "Patient/_search",
            "de bron gaf bij een BSN andere personen; die zijn niet bewaard",
            "meld dit aan de leverancier: de bron negeert de zoekvraag",
        )
    if page.next:
        pull.ledger.warn("Patient/_search", "de bron gaf meer pagina's bij één BSN; alleen de eerste is gelezen")
    if not good:
        state = SourceState.ANSWERED if not patients else FailedError.state
        pull.ledger.answer(bsn, state, None if not patients else "de bron gaf bij dit BSN andere personen")
        return None
    only = Page(entries=tuple(good), next=None, total=page.total, problems=page.problems)
    return Found(bsn, tuple(f"Patient/{entry.id}" for entry in good), only, media)


def _is_she(pull: Pull, entry: Entry, media: Media, bsn: Bsn, alone: bool) -> bool:
    try:
        patient = fhir.read(entry.body, media, pull.offer.version)
    except fhir.FhirError:
        return False
    known = bsns_of(patient)
    # A source may mask the BSN in what it returns; one single answer is then taken at its word.
    return bsn.value in known or (alone and not known)


def bsns_of(patient: JsonObject) -> set[str]:
    """The BSN values in `Patient.identifier`."""
    identifiers = patient.get("identifier")
    found: set[str] = set()
    for identifier in identifiers if isinstance(identifiers, list) else ():
        if isinstance(identifier, dict):
            system, value = identifier.get("system"), identifier.get("value")
            if isinstance(system, str) and isinstance(value, str) and system_of(system) is System.BSN:
                found.add(value.strip())
    return found
