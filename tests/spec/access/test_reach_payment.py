"""Care and payment are walls: a decision without care, care without a decision; whoever holds both, one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.access import Actor, DeniedError, Purpose, Role
from adapter.model.wire import to_data
from support.reach_world import (
    ANNA,
    CONTROLLER,
    PLANNER,
    Doors,
    World,
    care,
    care_provider,
    identified,
    payment,
    region,
    secret,
    woman,
)

BOTH = Actor("beide-1", "B. Eide", "agb:08000101", (Role.ZORGVERLENER, Role.IGO_CONTROLLER))
MONEY = ("tariff", "amount", "prestatie", "claim", "igo_if")


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Anna is at the practice and the hospital."""
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": woman("zh", "anna", ANNA)}
    with region(tmp_path_factory.mktemp("wall"), holdings) as world:
        yield world


def test_the_controller_of_the_igo_sees_the_decision_over_all_sources(anna: World) -> None:
    made = anna.application.decision(payment(CONTROLLER), anna.pregnancy("vp"))
    assert made.pregnancy == anna.pregnancy("vp")
    assert anna.application.decisions(payment(CONTROLLER), anna.pregnancy("vp"))


def test_a_decision_holds_no_value_of_the_dossier(anna: World) -> None:
    said = str(to_data(anna.application.decision(payment(CONTROLLER), anna.pregnancy("vp"))))
    for text in (secret("vp", "anna"), "Voornaam", "Anna", ANNA, "7.1", "mmol"):
        assert text not in said


@pytest.mark.parametrize("who", [CONTROLLER, PLANNER])
def test_who_is_there_for_payment_or_planning_opens_no_dossier(anna: World, who: Actor) -> None:
    pregnancy = anna.pregnancy("vp")
    for purpose in (care(who), payment(who)):
        with pytest.raises(DeniedError):
            anna.application.care_path(purpose, pregnancy)
        with pytest.raises(DeniedError):
            anna.application.origins.originals(purpose, pregnancy, ["0" * 16])


def test_a_care_provider_gets_no_decision(anna: World) -> None:
    for purpose in (care(care_provider("vp")), payment(care_provider("vp"))):
        with pytest.raises(DeniedError):
            anna.application.decision(purpose, anna.pregnancy("vp"))


def test_care_never_shows_money(anna: World) -> None:
    midwife = care(care_provider("vp"))
    path = str(to_data(anna.application.care_path(midwife, anna.pregnancy("vp"))))
    page = anna.application.pregnancies(midwife, as_of=None, known_at=None, offset=0, limit=5)
    assert not [word for word in MONEY if f"'{word}" in path]
    line = page.items[0]
    assert (line.status, line.stage, line.missing) == (None, None, ())
    assert [(p.status, p.prestatie) for p in line.phases] == [(None, None)] * 3


def test_a_token_has_the_purposes_it_was_given_whatever_the_roles_of_its_holder(anna: World) -> None:
    from adapter.service.entrance import context_of

    for_care = identified(BOTH, Purpose.TREAT)
    assert anna.application.care_path(context_of(for_care, Purpose.TREAT), anna.pregnancy("vp"))
    with pytest.raises(DeniedError):
        anna.application.decision(context_of(for_care, Purpose.HPAYMT), anna.pregnancy("vp"))
    for_payment = identified(BOTH, Purpose.HPAYMT)
    assert anna.application.decision(context_of(for_payment, Purpose.HPAYMT), anna.pregnancy("vp"))
    with pytest.raises(DeniedError):
        anna.application.care_path(context_of(for_payment, Purpose.TREAT), anna.pregnancy("vp"))


@pytest.fixture(scope="module")
def doors(anna: World) -> Doors:
    return anna.doors(
        {
            "vroedvrouw": identified(care_provider("vp")),
            "controller": identified(CONTROLLER, Purpose.HPAYMT),
            "planner": identified(PLANNER, Purpose.HOPERAT),
        }
    )


def test_a_page_offers_its_reader_no_way_to_the_other_side(doors: Doors, anna: World) -> None:
    at = f"/zwangerschap/{anna.pregnancy('vp')}"
    page = doors.get("vroedvrouw", at, headers={"Accept": "text/html"}).text
    assert f"{at}/besluit" not in page
    page = doors.get("controller", f"{at}/besluit", headers={"Accept": "text/html"}).text
    assert "herkomst" not in page
    assert f'href="{at}"' not in page
    assert secret("vp", "anna") not in page


def test_the_planner_sees_figures_alone(doors: Doors) -> None:
    page = doors.get("planner", "/planning", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Anna" not in page.text
    assert doors.get("vroedvrouw", "/planning").status_code == 403
