"""Persons decide on links: above the evidence, whatever comes in, until undone; and the past stays as it was.

Every test has a woman of her own in one house; no test looks at those of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapter.access import AuditLog, EventType
from adapter.model.sources import RecordKey
from adapter.model.wire import to_json
from adapter.service.asked import BadQuestionError
from adapter.service.links.proposal import OvertakenError, Pointed, UnknownProposalError, UnknownRecordError
from support.dossiers import CARE
from support.links_world import KZ, VP, House, doubtful

pytestmark = pytest.mark.integration

WHY = "Telefonisch nagevraagd bij de praktijk"
SAME, APART, SPLIT = "thuisbevalling-alles-binnen", "geboortecentrum", "poliklinisch"
DOSSIER, SEEN, BAD, LOGGED = "lopend-38-weken", "kraambed-loopt", "verzekeraar-onbekend", "onverzekerd"
DATES = "lopend-30-weken"
ZH = "zh-delta"
DOUBTFUL = (SAME, APART, SEEN, BAD, LOGGED)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("links"), (*DOUBTFUL, SPLIT, DOSSIER, DATES))
    try:
        for situation in DOUBTFUL:
            made.of[situation].doubt(KZ)
        made.of[DATES].expect_later(ZH, 25)
        made.pull()
        yield made
    finally:
        made.close()


def changes(error: pytest.ExceptionInfo[OvertakenError]) -> list[str]:
    return [change.what for change in error.value.changes]


def test_two_that_a_person_says_are_one_stay_one_whatever_comes_in(house: House) -> None:
    her = house.of[SAME]
    assert len(her.women()) == 2
    (proposal,) = her.queue()
    detail = house.desk.proposal(CARE, proposal.id)
    assert {n.proposal for n in her.notes("automatic") if n.outcome == "proposed"} == {proposal.id}
    rows = {row.name: row for row in detail.rows}
    assert (rows["BSN"].a, rows["BSN"].b, rows["BSN"].agreement) == (None, "aanwezig", "unknown")
    assert rows["Geboortedatum"].agreement == rows["Uitgerekende datum"].agreement == "same"
    assert sum(e.weight for e in detail.evidence) == proposal.score

    before = house.now
    house.later()
    made = house.desk.decide(CARE, proposal.id, "same", WHY, detail.seen)
    assert (made.verdict, made.name, made.reason, made.standing) == ("same", "Demonstratie", WHY, True)
    (note,) = her.notes()
    assert note.outcome == "linked"
    assert note.by_hand is not None
    assert (note.by_hand.decision, note.by_hand.reason, note.by_hand.at) == (made.id, WHY, house.now)
    assert her.queue() == []
    assert len(her.ids()) == 1
    assert house.application._rooms.store.pending() == []

    her.hold(KZ, lambda patient: {**patient, "birthDate": "1999-01-01", "identifier": []})
    house.pull()
    assert len(her.women()) == len(her.ids()) == 1
    assert len(her.women(before)) == len(her.ids(before)) == 2
    assert her.notes(known_at=before) == []

    her.doubt(KZ)
    house.pull()
    house.later()
    undone = house.desk.undo(CARE, made.id, "Vergissing")
    assert (undone.verdict, undone.undoes, undone.standing) == ("undone", made.id, False)
    assert len(her.ids()) == 2
    assert [p.id for p in her.queue()] == [proposal.id]
    told = {d.id: d for d in house.desk.decisions(CARE).decisions}
    assert (told[made.id].standing, told[undone.id].undoes) == (False, made.id)
    with pytest.raises(OvertakenError) as again:
        house.desk.undo(CARE, made.id, "nog eens")
    assert changes(again) == ["decided"]


def test_two_that_are_kept_apart_are_not_proposed_and_not_linked_even_by_bsn(house: House) -> None:
    her = house.of[APART]
    (proposal,) = her.queue()
    made = house.desk.decide(CARE, proposal.id, "apart", "Twee zussen", house.desk.proposal(CARE, proposal.id).seen)
    assert her.queue() == []
    assert [n.outcome for n in her.notes()] == ["apart", "apart"]
    assert not any(n.outcome == "proposed" for n in her.notes("automatic"))
    with pytest.raises(OvertakenError) as decided:
        house.desk.proposal(CARE, proposal.id)
    assert changes(decided) == ["decided"]

    her.hold(KZ)
    house.pull()
    assert len(her.women()) == 2
    assert her.queue() == []

    house.later()
    house.desk.undo(CARE, made.id, "Toch dezelfde")
    assert len(her.women()) == len(her.ids()) == 1


def test_a_record_is_split_off_from_an_automatic_link_and_a_page_keeps_its_address(house: House) -> None:
    her = house.of[SPLIT]
    (before,) = her.ids()
    vp, kz = her.records[VP], her.records[KZ]
    linked_at = house.now
    house.later()
    made = house.desk.judge(CARE, "woman", "split", vp, None, "BSN van een ander")
    assert len(her.women()) == len(her.ids()) == 2
    assert before in her.ids()
    assert her.ids(linked_at) == [before]
    assert not any(n.text.startswith("Zelfde vrouw") for n in her.notes("automatic"))

    with pytest.raises(OvertakenError) as against:
        house.desk.judge(CARE, "woman", "same", vp, kz, WHY)
    assert [(c.what, c.decision) for c in against.value.changes] == [("contradiction", made.id)]
    for verdict, other in (("apart", kz), ("split", None)):
        with pytest.raises(OvertakenError):
            house.desk.judge(CARE, "woman", verdict, vp, other, WHY)

    house.pull()
    assert len(her.women()) == 2
    house.later()
    house.desk.undo(CARE, made.id, "De bron heeft het hersteld")
    assert len(her.women()) == 1
    assert her.ids() == [before]


def test_a_dossier_is_split_off_from_a_pregnancy_and_put_back(house: House) -> None:
    her = house.of[DOSSIER]
    (before,) = her.ids()
    leaver = next(Pointed(*d) for d in house.application.dossiers(CARE, before) if d[0] == KZ)
    house.later()
    made = house.desk.judge(CARE, "pregnancy", "split", leaver, None, "Hoort bij de vorige zwangerschap")
    assert len(her.ids()) == 2
    assert len(her.women()) == 1
    assert {n.outcome for n in her.notes()} == {"apart"}
    house.pull()
    assert len(her.ids()) == 2
    assert her.queue() == []
    house.later()
    house.desk.undo(CARE, made.id, "Toch deze zwangerschap")
    assert her.ids() == [before]


def test_due_dates_that_do_not_agree_are_for_a_person_and_go_with_the_record(house: House) -> None:
    her = house.of[DATES]
    assert (len(her.women()), len(her.ids())) == (1, 2)
    (proposal,) = her.queue()
    assert proposal.kind == "pregnancy"
    detail = house.desk.proposal(CARE, proposal.id)
    rows = {row.name: row for row in detail.rows}
    assert rows["Uitgerekende datum"].agreement == "differs"
    assert [e.weight for e in detail.evidence] == [-20.0, 8.0]
    assert {n.proposal for n in her.notes("automatic") if n.outcome == "proposed"} == {proposal.id}
    house.later()
    made = house.desk.decide(CARE, proposal.id, "same", "Het ziekenhuis nam de eerste datum over", detail.seen)
    assert len(her.ids()) == 1
    assert [n.by_hand.decision for n in her.notes() if n.by_hand] == [made.id]
    assert her.queue() == []
    house.desk.undo(CARE, made.id, WHY)
    assert len(her.queue()) == 1

    record = RecordKey(ZH, her.records[ZH].reference)
    house.application._rooms.store.forget(record, "bezwaar", house.now)
    assert her.queue() == []
    told = {d.id: d.reason for d in house.desk.decisions(CARE, limit=100).decisions}
    assert told[made.id] == ""


def test_who_saw_something_else_is_told_what_changed(house: House) -> None:
    her = house.of[SEEN]
    (proposal,) = her.queue("open")
    detail = house.desk.proposal(CARE, proposal.id)
    house.later()
    house.desk.decide(CARE, proposal.id, "later", "Wachten op de praktijk", detail.seen)
    (put_off,) = her.queue()
    assert her.queue("open") == []
    assert (put_off.state, put_off.later and put_off.later.reason) == ("later", "Wachten op de praktijk")
    with pytest.raises(OvertakenError) as error:
        house.desk.decide(CARE, proposal.id, "same", WHY, detail.seen)
    assert changes(error) == ["decided"]
    assert "uitgesteld" in error.value.changes[0].text

    again = house.desk.proposal(CARE, proposal.id)
    her.hold(KZ, lambda patient: {**doubtful(patient), "active": True, "multipleBirthBoolean": False})
    house.pull()
    with pytest.raises(OvertakenError) as moved:
        house.desk.decide(CARE, proposal.id, "same", WHY, again.seen)
    assert "data" in changes(moved)
    assert len(her.women()) == 2


def test_bad_input_is_refused_with_what_to_do_and_changes_nothing(house: House) -> None:
    her = house.of[BAD]
    (proposal,) = her.queue()
    detail = house.desk.proposal(CARE, proposal.id)
    decided = house.desk.decisions(CARE).total
    kz, vp = her.records[KZ], her.records[VP]
    bsn = "999900006"
    for reason in ("", "   ", "-", "x" * 1001, f"haar BSN is {bsn}", "tab\u0007"):
        with pytest.raises(BadQuestionError, match="reason") as error:
            house.desk.decide(CARE, proposal.id, "same", reason, detail.seen)
        assert bsn not in str(error.value)
    with pytest.raises(BadQuestionError, match="verdict"):
        house.desk.decide(CARE, proposal.id, "maybe", WHY, detail.seen)
    with pytest.raises(BadQuestionError, match="seen"):
        house.desk.decide(CARE, proposal.id, "same", WHY, "")
    with pytest.raises(UnknownProposalError):
        house.desk.decide(CARE, "0" * 32, "same", WHY, detail.seen)
    with pytest.raises(BadQuestionError, match="same one"):
        house.desk.judge(CARE, "woman", "same", kz, kz, WHY)
    with pytest.raises(BadQuestionError, match="kind"):
        house.desk.judge(CARE, "child", "same", kz, vp, WHY)
    with pytest.raises(BadQuestionError, match="split is of one"):
        house.desk.judge(CARE, "woman", "same", kz, None, WHY)
    for nobody in (Pointed(KZ, "Patient/nobody"), Pointed("nowhere", vp.reference)):
        with pytest.raises(UnknownRecordError):
            house.desk.judge(CARE, "woman", "same", nobody, vp, WHY)
    with pytest.raises(OvertakenError) as alone:
        house.desk.judge(CARE, "woman", "split", kz, None, WHY)
    assert changes(alone) == ["same"]
    dossiers = [Pointed(*house.application.dossiers(CARE, i)[0]) for i in her.ids()]
    with pytest.raises(BadQuestionError, match="two women"):
        house.desk.judge(CARE, "pregnancy", "same", dossiers[0], dossiers[1], WHY)
    with pytest.raises(UnknownProposalError):
        house.desk.undo(CARE, "no-such-decision", WHY)
    assert house.desk.decisions(CARE).total == decided
    assert [p.id for p in her.queue()] == [proposal.id]


def test_every_look_and_decision_is_in_the_audit_log_of_both_women(house: House) -> None:
    her = house.of[LOGGED]
    women = her.women()
    (proposal,) = her.queue()
    detail = house.desk.proposal(CARE, proposal.id)
    made = house.desk.decide(CARE, proposal.id, "apart", WHY, detail.seen)
    house.later()
    house.desk.undo(CARE, made.id, WHY)
    events = AuditLog(house.application._rooms.store).read(since=house.now - timedelta(days=2))
    linked = [e for e in events if e.type is EventType.LINK and e.patient in women]
    assert {e.patient for e in linked} == women
    assert {e.subtype for e in linked} == {"woman apart", "woman undone"}
    assert {e.entities[0].reference for e in linked if e.subtype == "woman apart"} == {made.id}
    looked = [e for e in events if e.entities and e.entities[0].reference == proposal.id]
    assert {e.patient for e in looked} == women
    assert WHY.encode() not in b"".join(to_json(e) for e in events)
