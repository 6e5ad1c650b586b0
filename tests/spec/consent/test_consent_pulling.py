"""Opvragen: een bron wordt alleen naar een vrouw gevraagd als daar een grond voor is."""

from __future__ import annotations

from pathlib import Path

from adapter.access.consent import Ground, Party
from adapter.model.evidence import OrganisationKind
from adapter.model.identifiers import Bsn
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from tests.support.consent_world import AGB, BSN, World, herself, organisation, referral, woman, world

KNOWN_ONLY_BY_BSN = ("Patient/z9", woman("z9"))


def fill(here: World, *more: dict[str, object]) -> None:
    """The praktijk lets her dossier be discovered; hospital and kraamzorg know her too, for who asks by BSN."""
    here.epds["praktijk"].discovered["Patient/v1"] = [*woman(), *more]
    for other in ("ziekenhuis", "kraamzorg"):
        here.epds[other].by_bsn[BSN] = KNOWN_ONLY_BY_BSN


async def test_na_verwijzing_wordt_het_ziekenhuis_gevraagd(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        fill(here, *referral("praktijk", "ziekenhuis"))
        await here.pull()
        assert here.epds["ziekenhuis"].asked == [BSN]
        assert here.asked_of("ziekenhuis", "ziekenhuis")[0] == "answered"


async def test_wat_het_dan_antwoordt_ziet_de_praktijk_pas_als_het_ziekenhuis_de_verwijzing_ook_heeft(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as here:
        fill(here, *referral("praktijk", "ziekenhuis"))
        await here.pull()
        state, why = here.asked_of("ziekenhuis")
        assert (state, "niet in het dossier van die organisatie" in str(why)) == ("not_asked", True)
        patient, resources = KNOWN_ONLY_BY_BSN
        here.epds["ziekenhuis"].by_bsn[BSN] = (patient, [*resources, *referral("praktijk", "ziekenhuis", "z9")])
        await here.pull()
        assert here.asked_of("ziekenhuis")[0] == "answered"


async def test_zonder_grond_wordt_niet_gevraagd_en_staat_de_reden_erbij(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        fill(here)
        await here.pull()
        assert (here.epds["ziekenhuis"].asked, here.epds["kraamzorg"].asked) == ([], [])
        state, why = here.asked_of("ziekenhuis")
        assert state == "not_asked"
        assert why is not None and "geen verwijzing" in why


async def test_een_verwijzing_naar_de_kraamzorg_is_niet_genoeg(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        fill(here, *referral("praktijk", "kraamzorg"))
        await here.pull()
        assert here.epds["kraamzorg"].asked == []
        state, why = here.asked_of("kraamzorg")
        assert state == "not_asked"
        assert why is not None and "uitdrukkelijke toestemming" in why


async def test_komt_er_later_een_grond_dan_vraagt_de_volgende_keer_wel(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        fill(here)
        await here.pull()
        here.epds["praktijk"].discovered["Patient/v1"] += referral("praktijk", "ziekenhuis")
        await here.pull()
        assert here.epds["ziekenhuis"].asked == [BSN]
        assert here.asked_of("ziekenhuis", "ziekenhuis")[0] == "answered"


async def test_na_intrekken_wordt_niet_meer_gevraagd(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        fill(here, organisation("kraamzorg"))
        await here.pull()
        desk, mine = here.application.consents, herself()
        sides = ConsentParty(f"agb:{AGB['kraamzorg']}"), ConsentParty(f"agb:{AGB['praktijk']}")
        asked = Grounded(here)
        assert not asked.holds()
        made = desk.record(mine, here.pregnancy, ConsentDraft(True, *sides, this_pregnancy=False))
        assert asked.holds()
        here.epds["kraamzorg"].by_bsn.clear()  # it does not hold her, so it is asked again each time
        await here.pull()
        assert here.epds["kraamzorg"].asked == [BSN]
        desk.withdraw(mine, here.pregnancy, made.id)
        assert not asked.holds()
        await here.pull()
        assert here.epds["kraamzorg"].asked == [BSN]


async def test_eigen_dossiers_geeft_elke_bron_altijd(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        here.epds["kraamzorg"].discovered["Patient/k1"] = woman("k1")
        await here.pull()
        assert here.path("kraamzorg").woman.name is not None


async def test_wie_nergens_bekend_is_wordt_nergens_gevraagd(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        fill(here)
        await here.application.pull(bsns=[Bsn("900186021")])
        assert [epd.asked for epd in here.epds.values()] == [[], [], []]


async def test_zonder_toegangsregels_wordt_gevraagd_als_voorheen(tmp_path: Path) -> None:
    async with world(tmp_path, access="") as here:
        fill(here)
        await here.pull()
        assert (here.epds["ziekenhuis"].asked, here.epds["kraamzorg"].asked) == ([BSN], [BSN])


class Grounded:
    """Whether kraamzorg may show the praktijk what it holds."""

    def __init__(self, here: World) -> None:
        self.here = here

    def holds(self) -> bool:
        kraamzorg = Party(frozenset({f"agb:{AGB['kraamzorg']}"}), OrganisationKind.KRAAMZORG)
        praktijk = Party(frozenset({f"agb:{AGB['praktijk']}"}), OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
        grounds = self.here.application.consents._grounds
        found: Ground = grounds.ground(self.here.woman, kraamzorg, praktijk, self.here.moment[0].date())
        return found.partly
