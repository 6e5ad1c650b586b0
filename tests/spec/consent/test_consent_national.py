"""De landelijke toestemmingsvoorziening: de gesloten vraag, en haar notificaties."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapter.access import Actor, ActorKind, Context, DeniedError, Purpose, Role
from adapter.access.consent import Party
from adapter.access.consent.terms import load_terms
from adapter.model.evidence import OrganisationKind
from adapter.model.identifiers import Bsn
from adapter.service.asked import BadQuestionError
from adapter.service.consents.national import UNMAPPED, UNREACHED, National, NationalAnswer, Question
from adapter.service.consents.standin import StandIn, StandInError
from tests.support.consent_words import ECHOCENTRUM, KRAAMZORG, PRAKTIJK, ZIEKENHUIS
from tests.support.consent_world import AGB, BSN, BSN_SYSTEM, World, caller, woman, world

TERMS = load_terms(Path(__file__).parents[3] / "mappings")
HER = Bsn(BSN)
URA_ZKH = "ura:90000201"


def asked(tmp_path: Path, *chosen: dict[str, Any], moment: list[datetime] | None = None) -> National:
    path = tmp_path / "landelijk.json"
    path.write_text(json.dumps(chosen), "utf-8")
    at = moment or [datetime(2026, 3, 10, tzinfo=UTC)]
    return National(StandIn(path, TERMS), TERMS, lambda: at[0])


def test_zij_koos_voor_dit_ziekenhuis(tmp_path: Path) -> None:
    national = asked(tmp_path, {"bsn": BSN, "holder_type": "G3", "reader": URA_ZKH, "permit": True})
    assert national.ask(HER, PRAKTIJK, ZIEKENHUIS).permit


def test_zonder_keuze_is_het_antwoord_nee(tmp_path: Path) -> None:
    assert not asked(tmp_path).ask(HER, PRAKTIJK, ZIEKENHUIS).permit
    other = asked(tmp_path, {"bsn": "900186021", "permit": True})
    assert not other.ask(HER, PRAKTIJK, ZIEKENHUIS).permit


def test_zij_koos_tegen_dit_ziekenhuis_en_voor_ziekenhuizen(tmp_path: Path) -> None:
    national = asked(
        tmp_path,
        {"bsn": BSN, "reader_category": "RPZAC104", "permit": True},
        {"bsn": BSN, "reader": URA_ZKH, "permit": False},
    )
    assert not national.ask(HER, PRAKTIJK, ZIEKENHUIS).permit


@pytest.mark.parametrize("lezer", [PRAKTIJK, KRAAMZORG, ECHOCENTRUM, Party(frozenset())])
def test_verloskunde_en_kraamzorg_hebben_landelijk_geen_categorie(tmp_path: Path, lezer: Party) -> None:
    national = asked(tmp_path, {"bsn": BSN, "permit": True})
    assert national.ask(HER, ZIEKENHUIS, lezer) == UNMAPPED


def test_een_bron_van_onbekende_soort(tmp_path: Path) -> None:
    holder = Party(frozenset({"agb:99000501"}), OrganisationKind.ONBEKEND)
    assert asked(tmp_path, {"bsn": BSN, "permit": True}).ask(HER, holder, ZIEKENHUIS) == UNMAPPED


def test_een_antwoord_wordt_kort_onthouden_en_na_een_notificatie_niet(tmp_path: Path) -> None:
    moment = [datetime(2026, 3, 10, tzinfo=UTC)]
    national = asked(tmp_path, {"bsn": BSN, "permit": True}, moment=moment)
    assert national.ask(HER, PRAKTIJK, ZIEKENHUIS).permit
    (tmp_path / "landelijk.json").write_text("[]", "utf-8")
    assert national.ask(HER, PRAKTIJK, ZIEKENHUIS).permit
    national.forget(HER)
    assert not national.ask(HER, PRAKTIJK, ZIEKENHUIS).permit
    (tmp_path / "landelijk.json").write_text(json.dumps([{"bsn": BSN, "permit": True}]), "utf-8")
    before = national.stand()
    moment[0] += timedelta(minutes=16)
    assert national.stand() != before
    assert national.ask(HER, PRAKTIJK, ZIEKENHUIS).permit


def test_niet_bereikbaar_is_geen_toestemming() -> None:
    class Away:
        def closed_question(self, question: Question) -> NationalAnswer:
            raise TimeoutError

    assert National(Away(), TERMS, lambda: datetime.now(UTC)).ask(HER, PRAKTIJK, ZIEKENHUIS) == UNREACHED


@pytest.mark.parametrize(
    "row", [{"bsn": "123456789", "permit": True}, {"bsn": BSN}, {"bsn": BSN, "permit": True, "holder_type": "X9"}, 3]
)
def test_een_fout_in_het_bestand_noemt_de_rij_en_nooit_het_bsn(tmp_path: Path, row: Any) -> None:
    with pytest.raises(StandInError, match="row 1") as error:
        asked(tmp_path, row)
    assert BSN not in str(error.value)
    assert "123456789" not in str(error.value)


# Notifications, through the application.

NATIONAL = """
[access]
issuer = "https://adapter.example"
[access.consent]
national_client = "landelijk"
[[access.client]]
id = "landelijk"
name = "Voorziening"
jwks_url = "https://landelijk.example/jwks.json"
"""
SERVICE = Context(Actor("landelijk", "Voorziening", None, (Role.BRON.value,), kind=ActorKind.SYSTEM), Purpose.TREAT)


def notification(
    status: str = "active", code: str = "RPZAC104", permit: bool = True, bsn: str = BSN, **more: Any
) -> dict[str, Any]:
    """A transaction Bundle with one Consent, in the shape of Consent-Mitz-Notify."""
    coding = {"system": "http://fhir.nl/otv/CodeSystem/raadplegende-categorie", "code": code}
    url = "http://vzvz.nl/fhir/StructureDefinition/OTV-ProviderCategory"
    told = {
        "resourceType": "Consent",
        "status": status,
        "extension": [{"url": url, "valueCodeableConcept": {"coding": [coding]}}],
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://fhir.nl/otv/CodeSystem/gegevenscategorie", "code": "GGC002"}]}],
        "patient": {"identifier": {"system": BSN_SYSTEM, "value": bsn}},
        "organization": [
            {"identifier": {"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": AGB["praktijk"]}}
        ],
        "provision": {"type": "permit" if permit else "deny"},
        **more,
    }
    return {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": told}]}


async def filled(here: World) -> None:
    here.epds["praktijk"].discovered["Patient/v1"] = woman()
    here.epds["ziekenhuis"].discovered["Patient/z1"] = woman("z1")
    await here.pull()


def sees(here: World, who: str, source: str) -> bool:
    return next(s.resources for s in here.path(who).sources if s.source == source) > 0


async def test_een_notificatie_opent_en_sluit_weer(tmp_path: Path) -> None:
    async with world(tmp_path, NATIONAL) as here:
        await filled(here)
        take = here.application.consents.notifications.take
        assert not sees(here, "ziekenhuis", "praktijk")
        assert take(SERVICE, notification()).given == 1
        assert sees(here, "ziekenhuis", "praktijk")
        here.later(seconds=1)
        assert take(SERVICE, notification("inactive")).withdrawn == 1
        assert not sees(here, "ziekenhuis", "praktijk")


async def test_een_onbekende_categorie_opent_niets(tmp_path: Path) -> None:
    async with world(tmp_path, NATIONAL) as here:
        await filled(here)
        taken = here.application.consents.notifications.take(SERVICE, notification(code="RPZAC999"))
        assert "telt niet" in taken.problems[0]
        assert not sees(here, "ziekenhuis", "praktijk")


async def test_een_notificatie_zonder_bron_opent_niets(tmp_path: Path) -> None:
    async with world(tmp_path, NATIONAL) as here:
        await filled(here)
        taken = here.application.consents.notifications.take(SERVICE, notification(organization=None))
        assert "voor welke bron" in taken.problems[0]
        assert not sees(here, "ziekenhuis", "praktijk")


async def test_alleen_de_voorziening_zelf_wordt_geloofd(tmp_path: Path) -> None:
    async with world(tmp_path, NATIONAL) as here:
        await filled(here)
        other = Actor("epd-ziekenhuis", "EPD", f"agb:{AGB['ziekenhuis']}", (Role.BRON.value,), kind=ActorKind.SYSTEM)
        for who in (Context(other, Purpose.TREAT), caller("ziekenhuis")):
            with pytest.raises(DeniedError):
                here.application.consents.notifications.take(who, notification())
        assert not sees(here, "ziekenhuis", "praktijk")


async def test_wat_geen_notificatie_is(tmp_path: Path) -> None:
    async with world(tmp_path, NATIONAL) as here:
        take = here.application.consents.notifications.take
        with pytest.raises(BadQuestionError):
            take(SERVICE, {"resourceType": "Patient"})
        taken = take(SERVICE, notification(bsn="123456789"))
        assert (taken.given, len(taken.problems)) == (0, 1)
        assert "123456789" not in taken.problems[0]


async def test_de_gesloten_vraag_is_een_grond_waar_hier_niets_is(tmp_path: Path) -> None:
    chosen = tmp_path / "keuzes.json"
    chosen.write_text(json.dumps([{"bsn": BSN, "reader_category": "RPZAC104", "permit": True}]), "utf-8")
    section = f'[access.consent]\nnational = "local"\nnational_file = "{chosen}"\n'
    settings = f'\n[access]\nissuer = "https://adapter.example"\n{section}'
    async with world(tmp_path, settings) as here:
        await filled(here)
        assert sees(here, "ziekenhuis", "praktijk")
        assert not sees(here, "praktijk", "ziekenhuis")
