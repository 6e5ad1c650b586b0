"""The parts of the care path page: head, charts, choice, originals, news."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from adapter.access import UnauthenticatedError, UnavailableError
from adapter.asgi import build
from adapter.cli.serving import listen, serving
from adapter.model.carepath import GestationalAge, LinkEvidence, LinkNote
from adapter.model.sources import FhirVersion, Media, Received, StoredVersion
from adapter.service.origin import evidence_in, key_of
from adapter.service.port import UnknownPregnancyError
from adapter.web.charts import charts, number, said_of
from adapter.web.choice import chosen, key
from adapter.web.essentials import doubled, essentials
from adapter.web.live import Live
from adapter.web.original import readable
from adapter.web.steps import steps
from adapter.web.waterfall import waterfall
from doors.difficult import DIFFICULT, MEASUREMENTS, TWICE, measured
from doors.sample import SampleApplication
from doors.sample_path import BSN, EDD, NOW, PATH, STAD
from doors.standing import doors

ONE = "/zwangerschap/zw-bakker-1"


def cell(path, name):
    return next(c for c in essentials(path).cells if c.id == name)


def tile(path, name):
    return next(t for t in essentials(path).tiles if t.id == name)


# the head


def test_silence_about_allergies_is_never_none():
    assert cell(PATH, "allergie").text == "niet vastgelegd"
    assert not cell(PATH, "allergie").known
    assert cell(DIFFICULT, "allergie").notes == ("let op: Wil geen bloedproducten",)


def test_the_due_date_says_its_basis_and_who_set_it():
    assert cell(PATH, "edd").notes[0] == "op grond van echo, Verloskundigenpraktijk 't Groen"
    assert cell(PATH, "edd").alert == "bronnen verschillen"


def test_a_dossier_that_was_never_closed_shows_no_absurd_term():
    forgotten = replace(PATH, gestational_age=GestationalAge(147, 2, "lmp"))
    assert cell(forgotten, "termijn").text == "–"
    assert cell(forgotten, "termijn").notes == ("afloop onbekend", "was uitgerekend 15 nov 2024")


def test_two_organisations_responsible_at_once_is_said():
    both = replace(PATH, responsibility=tuple(replace(r, to=None) for r in PATH.responsibility))
    assert cell(both, "verantwoordelijk").alert == "2 organisaties tegelijk"
    nobody = replace(PATH, responsibility=())
    assert not cell(nobody, "verantwoordelijk").known


def test_tiles_count_and_name_the_first():
    assert (tile(DIFFICULT, "ontbreekt").count, tile(DIFFICULT, "verschil").lines) == (1, ("Uitgerekende datum",))
    assert tile(DIFFICULT, "buiten").lines == ("Termijnecho: te laat", "NIPT: afgezien")
    many = replace(PATH, gaps=PATH.moments)
    assert (tile(many, "ontbreekt").count, tile(many, "ontbreekt").more) == (10, 7)


def test_what_sources_and_zorgpad_both_call_double_is_said_once():
    assert len(doubled(DIFFICULT)) == 1
    by_moment = replace(DIFFICULT, duplicates=())
    assert [d.text for d in doubled(by_moment)] == ["20 wekenecho"]
    assert TWICE[0] in {e for d in doubled(by_moment) for _, evidence in d.times for e in evidence}


def test_who_was_not_heard_is_named_with_the_figure():
    head = essentials(DIFFICULT)
    assert head.share == 78
    assert head.completeness[1:] == ("Niet bereikbaar: Kraamzorg De Lente", "Niet gevraagd: Echocentrum Zicht")


# the zorgpad


def whose(evidence):
    return ", ".join(dict.fromkeys(e.source for e in evidence))


def test_a_step_says_when_and_by_whom_and_when_expected():
    found = {s.moment.moment: s for s in steps(DIFFICULT, whose).steps}
    assert found["termijnecho"].done == "24 apr 2024 (10+5), Echocentrum Zicht"
    assert found["termijnecho"].timing == "te laat"
    assert (found["geboorteplan"].weeks, found["geboorteplan"].days) == ("34+0 – 36+0", "4 okt – 18 okt")
    assert [m.moment for m in steps(DIFFICULT, whose).others] == ["anti_d"]


# charts


def test_children_have_lines_of_their_own_and_every_value_stands_in_the_table():
    drawn, other = charts(MEASUREMENTS, EDD)
    growth = next(c for c in drawn if c.id == "groei")
    assert [s.name for s in growth.series] == ["foetus 1", "foetus 2"]
    assert sum(len(row.said) for c in drawn for row in c.rows) + sum(len(r.said) for r in other) == len(MEASUREMENTS)
    assert [m.kind for row in other for _, m in row.said] == ["glucose", "ferritine"]


@pytest.mark.parametrize("values", [(5.0,), (5.0, 5.0), (0.0, 0.001), (-3.0, 4000.0), (1e9, 1e9)])
def test_any_values_are_drawn_inside_the_plot(values):
    some = [measured("weight", "gewicht", v, "kg", (10 + n, 0)) for n, v in enumerate(values)]
    (chart,), _ = charts(some, EDD)
    assert len(chart.ticks) < 10
    assert all(40 <= p.x <= 386 and 14 <= p.y <= 162 for s in chart.series for p in s.points)


def test_without_a_due_date_the_first_value_is_the_start_and_without_a_day_there_is_only_the_table():
    undated = [replace(m, gestational_age=None) for m in MEASUREMENTS if m.kind == "hb"]
    (chart,), _ = charts(undated, None)
    assert len(chart.series[0].points) == len(undated)
    (bare,), _ = charts([replace(m, day=None) for m in undated], None)
    assert bare.series == ()
    assert len(bare.rows) == 2  # one of each organisation


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (measured("weight", "gewicht", 71.25, "kg", (9, 0)), "71,25 kg"),
        (measured("blood_pressure_systolic", "bovendruk", 120, "mm[Hg]", (9, 0)), "120 mmHg"),
        (measured("ac_percentile", "AC", 8, "%", (9, 0)), "P8"),
        (measured("x", "x", None, None, (9, 0), original="<5"), "<5"),
        (measured("apgar", "Apgar", 9, "{score}", (9, 0)), "9"),
    ],
)
def test_a_value_is_said_as_a_reader_writes_it(given, text):
    assert said_of(given) == text
    assert number(1.0) == "1"


# the choice


def test_a_choice_narrows_what_is_listed_and_never_the_warnings():
    part, seen = chosen(DIFFICULT, {"organisatie": key(STAD), "soort": "echo"})
    assert {a.kind for a in part.acts} == {"guo", "echo"}
    assert (part.measurements, part.problems, part.screenings) == ((), (), ())
    assert (part.gaps, part.conflicts, part.moments) == (DIFFICULT.gaps, DIFFICULT.conflicts, DIFFICULT.moments)
    assert seen.text == "Stadsziekenhuis, echo"


@pytest.mark.parametrize("query", [{}, {"organisatie": "x", "soort": "y"}, {"organisatie": ""}])
def test_what_is_no_choice_shows_everything(query):
    part, seen = chosen(DIFFICULT, query)
    assert part is DIFFICULT
    assert not seen.any


# originals


def stored(body: bytes, media: Media = Media.JSON) -> StoredVersion:
    return StoredVersion(Received("vp", FhirVersion.STU3, media, "Patient", "p", "1", body, None, None), 1, NOW)


def test_an_original_keeps_its_digits_and_marks_the_place():
    body = b'{"component":[{"valueQuantity":{"value":1.50}},{"valueQuantity":{"value":2}}],"text":"a"}'
    lines = readable(stored(body), ["component[0].valueQuantity.value"])
    assert [line.text.strip() for line in lines if line.marked] == ['"value": 1.50']
    everywhere = readable(stored(body), ["component.valueQuantity.value"])
    assert sum(line.marked for line in everywhere) == 2


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b'{"identifier":[{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"12345678"}]}', Media.JSON),
        (
            b'{"note":"bsn 12345678 en ' + BSN.encode() + b'","value":12345678}'.replace(b"12345678", BSN.encode()),
            Media.JSON,
        ),
        (f'{{"kapot": "{BSN}"'.encode(), Media.JSON),
        (
            b'<identifier><system value="http://fhir.nl/fhir/NamingSystem/bsn"/> <value value="12345678"/>',
            Media.XML,
        ),
        (f"<a value='{BSN}'/>".encode(), Media.XML),
    ],
)
def test_no_bsn_is_readable_in_an_original(body, media):
    text = "\n".join(line.text for line in readable(stored(body, media), []))
    assert BSN not in text
    assert "system" not in text or "12345678" not in text
    assert "*********" in text


def test_a_code_that_happens_to_pass_the_test_of_eleven_stays_readable():
    body = b'{"coding":[{"system":"http://snomed.info/sct","code":"161714006"},{"system":"x","code":"161714006"}]}'
    text = "\n".join(line.text for line in readable(stored(body), []))
    assert text.count("161714006") == 1
    assert text.count("*********") == 1


async def test_only_evidence_of_this_care_path_has_an_original():
    application = SampleApplication()
    application.path = DIFFICULT
    transport = httpx.ASGITransport(doors(application))
    some = list(evidence_in(DIFFICULT))
    assert len({key_of(e) for e in some}) == len(set(some))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        good = await client.get(f"{ONE}/herkomst/{key_of(some[0])}.0000")
        bad = await client.get(f"{ONE}/herkomst/0000")
        nobody = await client.get("/zwangerschap/x/herkomst/0000")
    assert (good.status_code, bad.status_code, nobody.status_code) == (200, 404, 404)
    assert some[0].reference in good.text
    assert BSN not in good.text
    assert "staat niet meer in dit beeld" in bad.text


# links


def test_a_waterfall_ends_at_the_sum_and_begins_where_the_last_step_ended():
    note = LinkNote("s", "r", "linked", "automatic", "", tuple(LinkEvidence(str(w), w) for w in (4.5, -2.0, 1.0)))
    fall = waterfall(note)
    assert fall.total == "+3,5"
    assert [s.tone for s in fall.steps] == ["voor", "tegen", "voor"]
    first, second, _ = fall.steps
    assert first.x + first.width == pytest.approx(second.x + second.width)
    assert waterfall(replace(note, evidence=())) is None


# news


class Store:
    """What every process sees: a stand for everything, a mark for each pregnancy."""

    def __init__(self) -> None:
        self.stand, self.mark, self.asked = 1, 1, 0

    def anything(self) -> str:
        return str(self.stand)

    def of(self, pregnancy: str, only: object = None) -> str:
        self.asked += 1
        return str(self.mark)


class Everybody:
    """Who reads; `out`: who does not any more, `away`: that cannot be said now."""

    def __init__(self) -> None:
        self.out = self.away = False
        self.tried = asyncio.Event()

    async def still(self) -> None:
        if self.away:
            self.tried.set()
            raise UnavailableError("away")
        if self.out:
            raise UnauthenticatedError("logged out")

    async def narrowed(self) -> None:
        return None


async def heard(stream, count: int) -> list[str]:
    return [await asyncio.wait_for(anext(stream), 5) for _ in range(count)]


async def test_news_is_told_once_and_holds_nothing():
    store = Store()
    live = Live(store, every=0.005)
    stream = live.events("p", "1", "", Everybody())
    assert await heard(stream, 1) == ["retry: 3000\nid: 1\n\n"]
    waiting = asyncio.create_task(anext(stream))
    store.mark = store.stand = 2
    assert await asyncio.wait_for(waiting, 5) == "event: gewijzigd\nid: 2\ndata: -\n\n"
    await stream.aclose()


async def test_another_pregnancys_news_is_not_told():
    store = Store()
    live = Live(store, every=0.002)
    stream = live.events("p", "1", "", Everybody())
    await heard(stream, 1)
    store.stand = 2
    assert await heard(stream, 1) == [": \n\n"]  # only that the line is open
    live.close()
    with pytest.raises(StopAsyncIteration):
        await heard(stream, 1)


async def test_what_may_be_told_is_asked_again_with_everything_new_and_ends_with_it():
    store, asked = Store(), []
    live = Live(store, every=0.002)

    class Narrowed(Everybody):
        async def narrowed(self):
            asked.append(store.stand)
            if store.stand == 3:
                raise UnknownPregnancyError("p")
            return frozenset()

    stream = live.events("p", "1", "", Narrowed())
    await heard(stream, 1)
    store.mark = store.stand = 2
    assert (await heard(stream, 1))[0].startswith("event: gewijzigd\nid: 2")
    store.stand = 3
    assert (await heard(stream, 1))[0].startswith("event: voorbij\n")
    with pytest.raises(StopAsyncIteration):
        await heard(stream, 1)
    assert {1, 2, 3} <= set(asked)


async def test_a_stream_ends_with_the_session_though_nothing_is_new():
    reader = Everybody()
    stream = Live(Store(), every=0.002).events("p", "1", "", reader)
    await heard(stream, 2)  # the line is kept open
    reader.out = True
    assert (await heard(stream, 1))[0].startswith("event: voorbij\n")
    with pytest.raises(StopAsyncIteration):
        await heard(stream, 1)


async def test_nothing_is_told_while_it_cannot_be_said_who_reads():
    reader, store = Everybody(), Store()
    stream = Live(store, every=0.002).events("p", "1", "", reader)
    await heard(stream, 1)
    waiting = asyncio.create_task(anext(stream))
    reader.away, store.mark, store.stand = True, 2, 2
    await asyncio.wait_for(reader.tried.wait(), 5)
    assert not waiting.done()
    reader.away = False
    assert (await asyncio.wait_for(waiting, 5)).startswith("event: gewijzigd\nid: 2")
    await stream.aclose()


@pytest.mark.parametrize(
    ("seen", "last", "told"), [("0", "", True), ("1", "", False), ("1", "9", True), ("0", "1", False)]
)
async def test_what_happened_in_between_is_told_at_once(seen, last, told):
    live = Live(Store(), every=60)
    stream = live.events("p", seen, last, Everybody())
    await heard(stream, 1)
    if told:
        assert "gewijzigd" in (await heard(stream, 1))[0]
    await stream.aclose()


async def test_all_pages_of_a_process_share_one_question():
    store = Store()
    asked = []
    store.anything = lambda: asked.append(1) or "1"
    live = Live(store, every=60)
    await asyncio.gather(*(live.stand() for _ in range(50)))
    assert len(asked) == 1


async def test_who_watches_is_asked_for_first():
    application = SampleApplication()
    app = build(application)
    app.state.live.close()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get(f"{ONE}/gebeurtenissen?stand=1")
        unknown = await client.get("/zwangerschap/x/gebeurtenissen")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == "retry: 3000\nid: zw-bakker-1-1\n\n"
    assert unknown.status_code == 404
    assert [a[0] for a in application.asked if a[0] == "watch"] == ["watch", "watch"]


async def test_an_open_page_does_not_hold_up_a_server_that_stops():
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(timeout=10) as client:
        async with serving(SampleApplication(), listen(None, "127.0.0.1", 0)) as server:
            stream = client.stream("GET", f"{server.address}{ONE}/gebeurtenissen")
            opened = await stream.__aenter__()
            assert (await anext(opened.aiter_text())).startswith("retry")
            began = loop.time()
        assert loop.time() - began < 4  # its grace is five seconds
        await stream.__aexit__(None, None, None)
