"""The Nictiz dossiers, with expectations read off the resources by hand. Days are resolved for T = 2024-07-29."""

from datetime import UTC, date, datetime

import pytest

from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import Coded
from builders_facts import case, one, values

GROEN = Organisation("agb:08001234", "08001234", None, "'t Groen", OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
ERASMUS = Organisation("agb:06020806", "06020806", None, "Erasmus MC", OrganisationKind.ZIEKENHUIS)
KRAAM = Organisation("agb:33112345", "33112345", None, "Het Blije Ei", OrganisationKind.KRAAMZORG)
ECHO = Organisation("agb:90012345", "90012345", None, "Groei", OrganisationKind.ECHOCENTRUM)

NAMES = [
    "gz-izb-kwa-1-V1_actieve_zwschap", "gz-izb-kwa-2-V1_vorige_zwschap", "gz-izb-kwa-3A-V2_meerling_1elijn",
    "gz-izb-kwa-3B-V2_meerling_2elijn", "gz-ize-kwa-casus1", "gz-izk-kwa-casus1", "gz-izv-kwa-casus1",
    "gz-izv-kwa-casus2", "Vrouw1-Kaart1", "Vrouw1-Kaart2", "Vrouw2-Kaart3-1elijn", "Vrouw2-Kaart3-2elijn",
    "Vrouw3-GeenData",
]  # fmt: skip

OF_THE_WOMAN = {"insurer", "blood_group", "rhesus", "rhesus_c", "irregular_antibodies"}  # laboratories send no context


def kinds(found):
    counted = {}
    for act in found.acts:
        counted[act.kind.value] = counted.get(act.kind.value, 0) + 1
    return counted


def edds(found):
    return {(s.value, s.basis) for s in found.statements if s.kind == "edd"}


@pytest.mark.parametrize("name", NAMES)
def test_every_dossier_is_read_whole_with_evidence_on_everything(name):
    found = case(name)
    assert (found.set_aside, found.problems) == ((), ())
    assert len(found.dossiers) == (0 if name == "Vrouw3-GeenData" else 1)
    for item in (*found.statements, *found.acts, *found.referrals, *found.dossiers):
        assert item.evidence.source == "vp"
        assert item.evidence.reference
        assert item.evidence.version
        assert item.evidence.organisation
    for statement in found.statements:
        assert statement.evidence.path
        assert statement.dossier is not None or statement.kind in OF_THE_WOMAN


def test_3a_the_twins_at_the_midwives():
    found = case("gz-izb-kwa-3A-V2_meerling_1elijn", GROEN)
    (dossier,) = found.dossiers
    assert (dossier.span.start, dossier.span.end, dossier.status) == (date(2024, 1, 6), date(2024, 1, 17), "finished")
    assert (dossier.organisation, dossier.organisation_stated) == (GROEN, False)
    assert edds(found) == {(date(2024, 8, 8), "ultrasound")}
    assert values(found, "lmp") == [date(2023, 10, 25)]
    assert values(found, "gestational_age") == [73]
    assert (one(found, "gravidity").value, one(found, "parity").value) == (1, 0)
    assert (one(found, "fetuses").value, one(found, "chorionicity").value) == (2, "dichoriaal_diamniotisch")
    assert kinds(found) == {"consult": 1, "termijnecho": 1, "lab": 1, "overig": 1}
    assert {a.organisation.id for a in found.acts} == {"agb:08001234"}
    assert {a.organisation_basis for a in found.acts if a.kind == "consult"} == {"performer"}
    assert {a.organisation_basis for a in found.acts if a.kind != "consult"} == {"source"}
    assert found.woman.bsn_masked
    assert found.woman.birth_date == date(1985, 10, 20)
    assert found.children == ()


def test_3b_the_same_twins_in_the_hospital():
    found = case("gz-izb-kwa-3B-V2_meerling_2elijn", ERASMUS)
    assert edds(found) == {(date(2024, 8, 8), "stated"), (date(2024, 7, 31), "definitive")}
    assert values(found, "lmp") == [date(2023, 10, 25)]
    assert sorted(values(found, "gestational_age")) == [85, 202, 273]
    assert one(found, "chorionicity").value == "monochoriaal_diamniotisch"
    assert values(found, "delivery_type") == ["primaire_sectio", "primaire_sectio"]
    assert values(found, "place_of_birth") == ["ziekenhuis", "ziekenhuis"]
    assert values(found, "operation_start") == [datetime(2024, 7, 24, 12, 3, tzinfo=UTC)] * 2  # 14:03 in Amsterdam
    assert values(found, "labour_start") == []
    assert values(found, "placenta_birth") == []
    births = {(s.about, s.value) for s in found.statements if s.kind == "birth"}
    assert births == {(f"Patient/{n}-XXX-KWEE", date(2024, 7, 24)) for n in ("F-FRIDA", "LOUIS")}
    assert {c.reference for c in found.children} == {"Patient/F-FRIDA-XXX-KWEE", "Patient/LOUIS-XXX-KWEE"}
    assert all(c.multiple for c in found.children)
    assert kinds(found) == {
        "consult": 2,
        "lab": 4,
        "bevalling": 1,
        "sectio": 2,
        "opname": 1,
        "geboorte": 2,
        "overig": 3,
    }
    assert {a.organisation.id for a in found.acts} == {"agb:06020806"}
    assert found.dossiers[0].span.end is None


def test_izv2_the_referral_from_midwives_to_hospital():
    found = case("gz-izv-kwa-casus2", ERASMUS)
    (referral,) = found.referrals
    assert (referral.kind, referral.at, referral.state) == ("overdracht", date(2024, 1, 4), "active")
    assert (referral.sender.id, referral.sender.kind) == ("ura:08001234", "verloskundigenpraktijk")
    assert (referral.receiver.id, referral.receiver.kind) == ("ura:06020806", "ziekenhuis")
    assert referral.dossier == found.dossiers[0].reference
    (dossier,) = found.dossiers
    assert (dossier.organisation.id, dossier.organisation_stated) == ("ura:06020806", True)
    assert dossier.identifiers == ((None, "45657987431858"),)
    assert edds(found) == {(date(2024, 8, 8), "lmp"), (date(2024, 7, 31), "definitive")}
    assert sorted(values(found, "gestational_age")) == [71, 208, 268, 275]  # the dossier contradicts itself
    assert values(found, "labour_start") == []  # the code is there without a value
    assert values(found, "placenta_birth") == [datetime(2024, 7, 19, 9, 38, tzinfo=UTC)]
    assert values(found, "operation_start") == [datetime(2024, 7, 19, 8, 3, tzinfo=UTC)] * 2
    assert values(found, "delivery_type") == ["sectio", "sectio"]
    first, *others = sorted((a for a in found.acts if a.kind == "consult"), key=lambda a: a.when.start)
    assert (first.organisation.id, first.organisation_basis) == ("ura:08001234", "performer")
    assert [o.id for o in first.other_organisations] == ["ura:06020806"]  # the dossier says otherwise: shown
    assert {a.organisation.id for a in others} == {"ura:06020806"}
    assert {o.id for o in found.organisations} == {"ura:06020806", "ura:08001234"}  # not her GP, not her pharmacy


def test_izk1_kraamzorg_and_the_practice_in_one_dossier():
    found = case("gz-izk-kwa-casus1", KRAAM)
    acts = {(a.kind.value, a.organisation.id, a.organisation_basis, a.when.start if a.when else None)
            for a in found.acts}  # fmt: skip
    assert acts == {
        ("prenataal_huisbezoek_kraamzorg", "agb:33112345", "performer", date(2024, 2, 13)),
        ("kraamzorg", "agb:33112345", "service_provider", date(2024, 4, 13)),
        ("kraamzorg", "agb:33112345", "service_provider", date(2024, 4, 15)),
        ("bevalling", "agb:08001234", "managing_organisation", None),
        ("geboorte", "agb:08001234", "managing_organisation", date(2024, 4, 9)),
    }
    contacts = [a for a in found.acts if a.organisation.id == "agb:33112345"]
    assert all([o.id for o in a.other_organisations] == ["agb:08001234"] for a in contacts)
    assert {a.discipline for a in contacts} == {"kraamzorg"}
    assert one(found, "kraamzorg_hours").value == 43
    insurer = one(found, "insurer")
    assert (insurer.value, insurer.display) == ("1000", "Veilige Haven Verzekeringen")
    assert (insurer.valid.start, insurer.valid.end) == (date(2024, 1, 1), date(2025, 12, 31))
    labour = one(found, "labour_start")
    assert labour.value == datetime(2024, 4, 9, 6, tzinfo=UTC)
    assert labour.evidence.path == "valuePeriod.start"
    assert labour.pregnancy == found.dossiers[0].conditions[0]  # through the delivery
    assert one(found, "placenta_birth").value == datetime(2024, 4, 9, 12, 40, tzinfo=UTC)
    assert (one(found, "intended_place_of_birth").value, one(found, "place_of_birth").value) == ("thuis", "ziekenhuis")
    assert one(found, "delivery_type").value == "vacuum"
    assert (one(found, "birth").value, one(found, "birth").about) == (date(2024, 4, 9), "Patient/JORIS")
    assert found.woman.name.own == "XXX_Zhanganak"
    assert found.woman.name.partner == "XXX_Visser"
    assert {o.id for o in found.organisations} == {"agb:33112345", "agb:08001234"}


def test_izb1_an_ongoing_pregnancy():
    found = case("gz-izb-kwa-1-V1_actieve_zwschap", GROEN)
    assert edds(found) >= {(date(2024, 10, 31), "definitive")}
    assert {value for value, _ in edds(found)} == {date(2024, 10, 31), date(2024, 11, 5)}
    assert values(found, "lmp") == [date(2024, 1, 16)]
    assert (one(found, "gravidity").value, one(found, "parity").value) == (3, 1)
    assert sorted(values(found, "gestational_age")) == [47, 176, 180]
    assert kinds(found) == {"consult": 2, "ctg": 1, "echo": 1, "overig": 1}
    assert values(found, "birth") == []
    assert found.dossiers[0].span.end is None
    assert values(found, "fetuses") == []  # the number of living children is no number of fetuses


def test_izb2_the_previous_pregnancy():
    found = case("gz-izb-kwa-2-V1_vorige_zwschap", GROEN)
    assert one(found, "labour_start").value == datetime(2022, 12, 20, 0, 19, tzinfo=UTC)
    assert (one(found, "birth").value, one(found, "birth").about) == (date(2022, 12, 20), "Patient/EDUARD-ED-XXX-KOOIJ")
    assert one(found, "place_of_birth").value == "thuis"
    assert one(found, "delivery_type").value == "spontaan"
    assert edds(found) >= {(date(2022, 12, 20), "definitive")}
    assert found.dossiers[0].span.end == date(2022, 12, 20)
    assert kinds(found) == {"consult": 1, "bevalling": 1, "geboorte": 1, "overig": 2}


def test_ize1_the_ultrasound_centre():
    found = case("gz-ize-kwa-casus1", ECHO)
    (echo,) = found.acts  # the report and the procedure are one act
    assert (echo.kind, echo.code.code, echo.when.start) == ("echo", "241493005", date(2023, 1, 6))
    assert (echo.organisation, echo.organisation_basis) == (ECHO, "source")
    assert edds(found) == {(date(2023, 3, 8), "ultrasound")}
    (referral,) = found.referrals
    assert (referral.kind, referral.sender.id, referral.receiver) == ("overig", "ura:87654321", None)
    assert one(found, "insurer").value == Coded("1235", None, "NN")  # no system: not known to be a UZOVI code


def test_izv1_a_whole_pregnancy_with_the_midwives():
    found = case("gz-izv-kwa-casus1", GROEN)
    (dossier,) = found.dossiers
    assert (dossier.organisation.agb, dossier.organisation.ura) == ("45678912", "321654897")
    assert dossier.organisation.kind == "verloskundigenpraktijk"
    assert one(found, "end_of_pregnancy").value == date(2023, 12, 17)
    assert one(found, "labour_start").value == datetime(2023, 12, 16, 12, 30, tzinfo=UTC)
    assert one(found, "placenta_birth").value == datetime(2023, 12, 17, 11, 15, tzinfo=UTC)
    assert one(found, "place_of_birth").value == "geboortecentrum"
    assert one(found, "delivery_type").value == "spontaan"
    assert edds(found) == {(date(2023, 12, 17), "ultrasound"), (date(2023, 12, 18), "definitive")}
    assert sorted(values(found, "gestational_age")) == [59, 279]
    (child,) = found.children
    assert (child.reference, child.birth_date) == ("Patient/SIMONE-S-XXX-OSTENDORF", date(2023, 12, 17))
    assert kinds(found) == {"consult": 1, "echo": 1, "bevalling": 1, "geboorte": 1, "overig": 3}


def test_vrouw1_kaart1_the_same_ongoing_pregnancy_in_the_qualification_set():
    found = case("Vrouw1-Kaart1", GROEN)
    (dossier,) = found.dossiers
    assert (dossier.organisation.agb, dossier.organisation_stated) == ("08001234", True)
    assert {value for value, _ in edds(found)} == {date(2024, 10, 31), date(2024, 11, 5)}
    assert kinds(found) == {"consult": 2, "ctg": 1, "echo": 1, "overig": 1}


def test_vrouw1_kaart2_a_child_that_the_server_does_not_return():
    found = case("Vrouw1-Kaart2", GROEN)
    (child,) = found.children
    assert (child.reference, child.name.text) == ("Patient/HELENXXX-KOOIJ", "Helen H.I. XXX_Kooij")
    birth = one(found, "birth")
    assert (birth.value, birth.basis) == (datetime(2022, 12, 20, 10, 4, tzinfo=UTC), "derived")
    assert one(found, "labour_start").value == datetime(2022, 12, 20, 0, 19, tzinfo=UTC)
    assert one(found, "place_of_birth").value == "thuis"  # coded as in 1.x
    assert found.woman.birth_date is None  # her Patient is not returned here either
    assert found.dossiers[0].organisation.name == "Verloskundigenpraktijk 't Groen"


def test_vrouw2_kaart3_the_twins_under_other_names():
    first, second = case("Vrouw2-Kaart3-1elijn", GROEN), case("Vrouw2-Kaart3-2elijn", ERASMUS)
    assert values(first, "fetuses") == values(first, "chorionicity") == []  # the code stands there without a value
    assert first.dossiers[0].status == "active"
    assert first.dossiers[0].span.end == date(2024, 1, 17)
    assert {c.reference for c in second.children} == {"Patient/JUSEFJXXX-KWEE", "Patient/JAMALJXXX-KWEE"}
    assert {s.basis for s in second.statements if s.kind == "fetuses"} == {"counted", "multiple_pregnancy", "born"}
    assert set(values(second, "fetuses")) == {2}
    assert values(second, "operation_start") == [datetime(2024, 7, 24, 12, 3, tzinfo=UTC)] * 2
    assert {a.organisation.id for a in second.acts} == {"agb:06020806"}
    delivery = {
        (a.organisation_basis, a.evidence.reference.split("/")[0]) for a in second.acts if a.kind == "bevalling"
    }
    assert delivery == {("performer", "Encounter"), ("performer", "Procedure")}


def test_vrouw3_has_no_data():
    found = case("Vrouw3-GeenData", GROEN)
    assert (found.woman.birth_date, found.statements, found.acts) == (date(1985, 10, 22), (), ())
