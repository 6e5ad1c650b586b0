"""Vastleggen en intrekken: door wie haar behandelt of door haarzelf; intrekken werkt meteen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapter.access import DeniedError, Emergency, Opened, Role
from adapter.model.evidence import OrganisationKind
from adapter.service.asked import BadQuestionError
from adapter.service.consents.consent import ConsentDraft, ConsentParty, NotWithdrawableError, UnknownConsentError
from adapter.service.port import UnknownPregnancyError
from tests.support.consent_world import AGB, World, caller, herself, organisation, referral, woman, world

ALL = ConsentParty()


def only(source: str) -> ConsentParty:
    return ConsentParty(f"agb:{AGB[source]}")


def draft(bron: str, lezer: str, permit: bool = True, **more: object) -> ConsentDraft:
    return ConsentDraft(permit, only(bron), only(lezer), **{"this_pregnancy": False, **more})  # type: ignore[arg-type]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """She is known to praktijk and kraamzorg, under the same BSN; nobody referred her."""
    async with world(tmp_path) as made:
        made.epds["praktijk"].discovered["Patient/v1"] = woman()
        made.epds["kraamzorg"].discovered["Patient/k1"] = woman("k1")
        await made.pull()
        yield made


async def sees(here: World, who: str, source: str) -> bool:
    """Whether somebody of `who` sees what `source` holds."""
    path = here.path(who)
    return next(s.resources for s in path.sources if s.source == source) > 0


async def test_de_praktijk_legt_vast_dat_de_kraamzorg_mag_meelezen(here: World) -> None:
    assert not await sees(here, "kraamzorg", "praktijk")
    made = here.application.consents.record(caller("praktijk"), here.pregnancy, draft("praktijk", "kraamzorg"))
    assert (made.state, made.recorded_by) == ("active", "Praktijk")
    assert await sees(here, "kraamzorg", "praktijk")
    assert not await sees(here, "praktijk", "kraamzorg")  # van de gegevens van de kraamzorg zei zij niets


async def test_intrekken_werkt_meteen_en_blijft_bewaard(here: World) -> None:
    desk = here.application.consents
    made = desk.record(caller("praktijk"), here.pregnancy, draft("praktijk", "kraamzorg"))
    assert await sees(here, "kraamzorg", "praktijk")
    here.later(seconds=5)
    gone = desk.withdraw(caller("kraamzorg"), here.pregnancy, made.id, "zij belde")
    assert gone.state == "withdrawn"
    assert not await sees(here, "kraamzorg", "praktijk")
    (kept,) = desk.of(caller("praktijk"), here.pregnancy).statements
    assert (kept.id, kept.state, kept.withdrawn_at) == (made.id, "withdrawn", here.moment[0])


async def test_zij_legt_het_zelf_vast(here: World) -> None:
    here.application.consents.record(herself(), here.pregnancy, draft("kraamzorg", "praktijk"))
    assert await sees(here, "praktijk", "kraamzorg")


async def test_de_lezer_legt_geen_toestemming_voor_zichzelf_vast(here: World) -> None:
    with pytest.raises(BadQuestionError, match="legt de organisatie vast die de gegevens heeft"):
        here.application.consents.record(caller("kraamzorg"), here.pregnancy, draft("praktijk", "kraamzorg"))
    assert not await sees(here, "kraamzorg", "praktijk")


async def test_een_bezwaar_legt_ook_de_lezer_vast_en_alleen_die_trekt_het_in(here: World) -> None:
    desk = here.application.consents
    desk.record(caller("praktijk"), here.pregnancy, draft("praktijk", "kraamzorg"))
    against = ConsentDraft(False, only("praktijk"), only("kraamzorg"), this_pregnancy=False)
    made = desk.record(caller("kraamzorg"), here.pregnancy, against)
    assert not await sees(here, "kraamzorg", "praktijk")
    with pytest.raises(NotWithdrawableError):
        desk.withdraw(caller("praktijk"), here.pregnancy, made.id)
    desk.withdraw(caller("kraamzorg"), here.pregnancy, made.id)
    assert await sees(here, "kraamzorg", "praktijk")


async def test_wie_haar_niet_behandelt_legt_niets_vast(here: World) -> None:
    stranger = caller("ziekenhuis")
    for ask in (
        lambda: here.application.consents.of(stranger, here.pregnancy),
        lambda: here.application.consents.record(stranger, here.pregnancy, draft("ziekenhuis", "praktijk")),
        lambda: here.application.consents.withdraw(stranger, here.pregnancy, "x"),
    ):
        with pytest.raises(UnknownPregnancyError):
            ask()


async def test_noodtoegang_is_om_te_lezen_niet_om_iets_vast_te_leggen(here: World) -> None:
    until = here.moment[0] + timedelta(minutes=30)
    emergency = Emergency((Opened(here.woman, until, "spoed"),))
    helping = replace(caller("ziekenhuis"), emergency=emergency)
    assert here.application.care_path(helping, here.pregnancy).pregnancy == here.pregnancy
    against = ConsentDraft(False, ALL, ALL)
    with pytest.raises(UnknownPregnancyError):
        here.application.consents.record(helping, here.pregnancy, against)


async def test_een_controller_komt_hier_niet(here: World) -> None:
    with pytest.raises(DeniedError):
        here.application.consents.of(caller("praktijk", Role.IGO_CONTROLLER), here.pregnancy)


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        (draft("praktijk", "kraamzorg", kinds=()), "kinds"),
        (draft("praktijk", "kraamzorg", kinds=("Verzonnen",)), "kinds"),
        (ConsentDraft(False, ConsentParty("bsn:999911120"), ALL), "holder"),
        (ConsentDraft(False, ALL, ConsentParty(kind=OrganisationKind.OVERIG)), "reader"),
    ],
)
async def test_wat_niet_kan_wordt_genoemd(here: World, wrong: ConsentDraft, parameter: str) -> None:
    with pytest.raises(BadQuestionError) as error:
        here.application.consents.record(caller("praktijk"), here.pregnancy, wrong)
    assert error.value.parameter == parameter


async def test_een_onbekende_toestemming(here: World) -> None:
    with pytest.raises(UnknownConsentError):
        here.application.consents.withdraw(caller("praktijk"), here.pregnancy, "bestaat-niet")


async def test_alleen_voor_deze_zwangerschap(here: World) -> None:
    here.application.consents.record(
        caller("praktijk"), here.pregnancy, draft("praktijk", "kraamzorg", this_pregnancy=True)
    )
    assert await sees(here, "kraamzorg", "praktijk")


async def test_bezwaar_na_verwijzing_sluit_meteen(here: World) -> None:
    here.epds["praktijk"].discovered["Patient/v1"] += [*referral("praktijk", "ziekenhuis"), organisation("ziekenhuis")]
    await here.pull()
    assert await sees(here, "ziekenhuis", "praktijk")
    against = ConsentDraft(False, ALL, ConsentParty(kind=OrganisationKind.ZIEKENHUIS), this_pregnancy=False)
    here.application.consents.record(caller("praktijk"), here.pregnancy, against)
    with pytest.raises(UnknownPregnancyError):
        here.path("ziekenhuis")


async def test_alles_komt_in_het_logboek(here: World) -> None:
    desk = here.application.consents
    made = desk.record(caller("praktijk"), here.pregnancy, draft("praktijk", "kraamzorg"))
    desk.withdraw(caller("praktijk"), here.pregnancy, made.id, "op haar verzoek")
    events = [json.loads(line) for line in here.application._rooms.store.audit(patient=here.woman)]
    about = [e for e in events if any(entity["reference"] == made.id for entity in e.get("entities", ()))]
    assert [(e["action"], e["patient"]) for e in about] == [("U", here.woman), ("C", here.woman)]
