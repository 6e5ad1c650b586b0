"""The fingerprint of what a rule book answers: what cannot be asked has none, and never counts as unchanged."""

from __future__ import annotations

from datetime import date

from tests.support.claims_world import book

DAY = date(2024, 3, 1)


def test_what_cannot_be_asked_has_no_fingerprint() -> None:
    assert book().fingerprint("selectie", None, DAY, ("onzin",)) == b""
    assert book().fingerprint("geen-vraag", None, DAY, ()) == b""
    assert book().fingerprint("scope", None, DAY, ("consult", "verloskunde", "eerste_lijn", "prenataal")) != b""


def test_without_answers_it_is_which_table_would_be_asked() -> None:
    assert book().fingerprint("selectie", None, DAY, ()) == b"selection-regular"
    assert book().fingerprint("selectie", None, date(2022, 3, 1), ()) == b"selection-experiment"
