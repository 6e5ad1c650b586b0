"""The fhir connector over real HTTP on loopback, against the simulated EPD."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from adapter.connectors import Ask, Auth, Limits, PullOutcome, SourceConfig, connect
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, Media, Received, SourceInfo, SourceState
from adapter.simulation.epd import Quirks, create_app
from adapter.simulation.epd_sample import sample, sample_bsn

STU3, R4 = FhirVersion.STU3, FhirVersion.R4
WOMEN, OBSERVATIONS = 5, 6
DISCOVER = Ask(discover=True)
FAST = Limits(attempts=2, first_wait=0.0, longest_wait=0.0, read_seconds=5, page_size=4, dossiers_per_search=2)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """A running server; gives its base URL."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/fhir"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def config(url: str, version: FhirVersion | None = None, limits: Limits = FAST, **more: Any) -> SourceConfig:
    info = SourceInfo("vp-proef", "Praktijk Proef", Organisation("agb:08001234"), "nictiz", version)
    return SourceConfig(info, "fhir", base_url=url, limits=limits, **more)


async def pull(made: SourceConfig, ask: Ask = DISCOVER) -> tuple[PullOutcome, list[Received]]:
    got: list[Received] = []

    async def deliver(items: list[Received]) -> None:
        assert 0 < len(items) <= made.limits.deliver
        got.extend(items)

    outcome = await connect(made).pull(ask, deliver)
    assert outcome.resources == len(got)
    return outcome, got


async def pull_from(
    version: FhirVersion = STU3,
    ask: Ask = DISCOVER,
    limits: Limits = FAST,
    **quirks: Any,
) -> tuple[PullOutcome, list[Received], list[Any]]:
    app = create_app(sample(version, WOMEN, OBSERVATIONS), version, quirks=Quirks(**quirks))
    with serving(app) as url:
        outcome, got = await pull(config(url, limits=limits), ask)
    seen = list(app.state.seen)
    for bsn in (sample_bsn(n).value for n in range(WOMEN)):
        assert not any(bsn in request.url for request in seen)
        assert not any(bsn in repr(problem) for problem in outcome.problems)
    return outcome, got, seen


def references(got: list[Received]) -> set[str]:
    found = {item.reference for item in got}
    assert len(found) == len(got), "each resource once"
    return found


def everything(version: FhirVersion) -> set[str]:
    return {f"{r['resourceType']}/{r['id']}" for r in sample(version, WOMEN, OBSERVATIONS)}


def errors(outcome: PullOutcome) -> list[str]:
    return [p.what for p in outcome.problems if p.severity == "error"]


@pytest.mark.parametrize("version", [STU3, R4])
@pytest.mark.parametrize("xml_only", [False, True])
async def test_every_resource_of_every_dossier_comes_with_its_woman(version: FhirVersion, xml_only: bool) -> None:
    outcome, got, seen = await pull_from(version, xml_only=xml_only)
    assert outcome.state is SourceState.ANSWERED
    assert references(got) == everything(version)
    assert {i.fhir_version for i in got} == {version}
    assert {i.media for i in got} == {Media.XML if xml_only else Media.JSON}
    assert not errors(outcome)
    for item in got:
        if item.type in {"Organization", "Practitioner", "PractitionerRole", "Location"}:
            assert (item.woman, item.subject) == (None, None)
        else:
            number = item.id.lstrip("wkecpbmo").partition("-")[0]
            assert item.woman == f"Patient/w{number}"
            assert item.subject == (f"Patient/k{number}" if item.id[0] in "kbm" else item.woman)
    assert next(i for i in got if i.type == "EpisodeOfCare").version == "1"
    assert sorted(w.reference or "" for w in outcome.women) == [f"Patient/w{n}" for n in range(WOMEN)]
    assert {w.state for w in outcome.women} == {SourceState.ANSWERED}
    assert len({s.headers["x-request-id"] for s in seen}) == len(seen)


async def test_a_second_pull_gives_the_same() -> None:
    app = create_app(sample(STU3, WOMEN, OBSERVATIONS), STU3)
    with serving(app) as url:
        first, got = await pull(config(url))
        second, again = await pull(config(url))
    assert set(got) == set(again)
    assert set(first.women) == set(second.women)


async def test_bytes_are_those_of_the_source() -> None:
    app = create_app(sample(STU3, 1, 1), STU3)
    with serving(app) as url:
        _, got = await pull(config(url))
    rows = app.state.epd.store.rows
    assert all(item.body == rows[item.reference].json for item in got)


async def test_directory_is_fetched_once_for_all_dossiers() -> None:
    _, _, seen = await pull_from()
    assert len([s for s in seen if s.url.endswith("Location/loc")]) == 1
    assert not [s for s in seen if "/Organization" in s.url]  # came with the dossiers


async def test_a_child_that_the_source_does_not_give_is_a_warning() -> None:
    outcome, _, _ = await pull_from()
    missing = [p for p in outcome.problems if p.where == "Patient/k1"]
    assert [p.severity for p in missing] == ["warning"]


@pytest.mark.parametrize("version", [STU3, R4])
async def test_a_woman_is_found_by_bsn_in_the_body(version: FhirVersion) -> None:
    ask = Ask(discover=False, bsns=(sample_bsn(3), sample_bsn(99)))
    outcome, got, seen = await pull_from(version, ask)
    found, unknown = outcome.women
    assert (found.reference, found.bsn, found.state) == ("Patient/w3", sample_bsn(3), SourceState.ANSWERED)
    assert (unknown.reference, unknown.bsn, unknown.state) == (None, sample_bsn(99), SourceState.ANSWERED)
    assert {i.woman for i in got} == {None, "Patient/w3"}
    assert len([i for i in got if i.woman]) == OBSERVATIONS + 6
    assert {s.method for s in seen if "Patient" in s.url and "_search" in s.url} == {"POST"}


async def test_a_woman_discovered_and_asked_for_is_answered_once() -> None:
    outcome, got, _ = await pull_from(ask=Ask(discover=True, bsns=(sample_bsn(2),)))
    assert references(got) == everything(STU3)
    assert [w.reference for w in outcome.women if w.bsn == sample_bsn(2)] == ["Patient/w2"]
    assert len(outcome.women) == WOMEN


async def test_a_source_without_post_search_refuses_those_women_only() -> None:
    outcome, got, seen = await pull_from(
        ask=Ask(discover=True, bsns=(sample_bsn(2), sample_bsn(3))), no_post_search=True
    )
    assert outcome.state is SourceState.ANSWERED
    assert references(got) == everything(STU3)
    assert [w.state for w in outcome.women if w.bsn] == [SourceState.REFUSED] * 2
    assert any("niet op BSN" in p.what for p in outcome.problems)
    assert len([s for s in seen if s.method == "POST"]) <= FAST.dossiers_per_search


@pytest.mark.parametrize(("women", "state"), [("follow", SourceState.ANSWERED), ("list", SourceState.REFUSED)])
async def test_only_where_bsn_is_the_sole_way_in_its_lack_refuses_the_source(women: Any, state: SourceState) -> None:
    with serving(create_app(sample(STU3, 2, 2), STU3, quirks=Quirks(no_post_search=True))) as url:
        outcome, _ = await pull(config(url, women=women), Ask(discover=False, bsns=(sample_bsn(1),)))
    assert outcome.state is state
    assert [w.state for w in outcome.women] == [SourceState.REFUSED]


async def test_dossiers_that_cannot_be_asked_for_refuse_the_woman() -> None:
    outcome, _, _ = await pull_from(ask=Ask(discover=False, bsns=(sample_bsn(1),)), status_for={"EpisodeOfCare": 400})
    assert [(w.reference, w.state) for w in outcome.women] == [("Patient/w1", SourceState.REFUSED)]


async def test_no_chained_search_is_a_warning_and_the_rest_comes() -> None:
    outcome, got, _ = await pull_from(no_chained_search=True, status_for={})
    assert outcome.state is SourceState.ANSWERED
    assert any(p.where == "Observation?context:Encounter.episodeofcare" for p in outcome.problems)
    assert not errors(outcome)
    assert "Observation/o0-0" in references(got)
    assert all("Observation" in (w.problem or "") for w in outcome.women[-2:])


async def test_a_source_that_takes_no_lists_is_asked_one_by_one() -> None:
    outcome, got, _ = await pull_from(no_lists=True)
    assert references(got) == everything(STU3)
    assert not errors(outcome)


async def test_a_source_that_ignores_parameters_cannot_hand_over_other_women() -> None:
    ask = Ask(discover=False, bsns=(sample_bsn(1),))
    _, got, _ = await pull_from(ask=ask, ignores_unknown=True)
    assert {i.woman for i in got} == {None, "Patient/w1"}


async def test_down_is_failed_after_retries() -> None:
    outcome, got, seen = await pull_from(ask=Ask(discover=True, bsns=(sample_bsn(1),)), down=True)
    assert (outcome.state, got) == (SourceState.FAILED, [])
    assert [w.state for w in outcome.women] == [SourceState.FAILED]
    assert len(seen) == FAST.attempts


async def test_a_short_outage_is_ridden_out() -> None:
    outcome, got, _ = await pull_from(flaky=1)
    assert outcome.state is SourceState.ANSWERED
    assert references(got) == everything(STU3)


async def test_unauthorized_is_refused_at_once() -> None:
    outcome, _, seen = await pull_from(ask=Ask(discover=True, bsns=(sample_bsn(1),)), unauthorized=True)
    assert outcome.state is SourceState.REFUSED
    assert [w.state for w in outcome.women] == [SourceState.REFUSED]
    assert len(seen) == 1


async def test_nobody_listening_is_failed() -> None:
    with serving(create_app([], STU3)) as url:
        pass
    outcome, _ = await pull(config(url))
    assert outcome.state is SourceState.FAILED
    assert len(errors(outcome)) == 1


async def test_a_malformed_second_page_of_discovery_keeps_what_was_delivered() -> None:
    limits = replace(FAST, page_size=2, failures_in_a_row=50)
    app = create_app(sample(STU3, 5, 0), STU3, quirks=Quirks(malformed_page=2))
    with serving(app) as url:
        outcome, got = await pull(config(url, limits=limits))
    assert outcome.state is SourceState.FAILED
    assert {"EpisodeOfCare/e0", "EpisodeOfCare/e1"} <= references(got)
    assert "EpisodeOfCare/e2" not in references(got)
    assert errors(outcome)


async def test_answers_cut_off_half_way_fail_and_what_came_stays() -> None:
    outcome, got, _ = await pull_from(drop_after=8)
    assert outcome.state is SourceState.FAILED
    assert got
    assert {w.state for w in outcome.women} == {SourceState.FAILED}


async def test_a_loop_of_pages_ends() -> None:
    outcome, _, seen = await pull_from(next_loop=True)
    assert outcome.state is SourceState.FAILED
    assert any("kring" in what for what in errors(outcome))
    assert len(seen) < 200


async def test_a_next_on_another_server_is_not_followed() -> None:
    with serving(create_app([], STU3)) as other:
        outcome, _, _ = await pull_from(next_elsewhere=other)
    assert outcome.state is SourceState.FAILED
    assert any("andere server" in what for what in errors(outcome))


async def test_one_bad_record_costs_only_that_woman() -> None:
    outcome, got, _ = await pull_from(poisoned=frozenset({"EpisodeOfCare/e1"}))
    states = {w.reference: w.state for w in outcome.women}
    assert states.pop("Patient/w1") is SourceState.FAILED
    assert set(states.values()) == {SourceState.ANSWERED}
    assert outcome.state is SourceState.ANSWERED
    assert {f"Observation/o0-{n}" for n in range(OBSERVATIONS)} <= references(got)


async def test_a_forbidden_type_refuses_the_women_not_the_source() -> None:
    outcome, got, _ = await pull_from(status_for={"Coverage": 403})
    assert {w.state for w in outcome.women} == {SourceState.REFUSED}
    assert "Observation/o0-0" in references(got)


async def test_a_type_that_is_not_offered_is_a_warning() -> None:
    outcome, got, _ = await pull_from(status_for={"Coverage": 404, "FamilyMemberHistory": 501})
    assert {w.state for w in outcome.women} == {SourceState.ANSWERED}
    assert references(got) == everything(STU3)
    warned = {p.where for p in outcome.problems if p.severity == "warning"}
    assert {"Coverage?beneficiary", "FamilyMemberHistory?patient"} <= warned


async def test_a_version_that_is_not_read_is_refused() -> None:
    outcome, _, _ = await pull_from(fhir_version="5.0.0")
    assert outcome.state is SourceState.REFUSED
    assert any("5.0.0" in what for what in errors(outcome))


async def test_without_metadata_the_configured_version_is_used() -> None:
    app = create_app(sample(STU3, 2, 2), STU3, quirks=Quirks(metadata=False))
    with serving(app) as url:
        unknown, _ = await pull(config(url))
        known, got = await pull(config(url, STU3))
    assert unknown.state is SourceState.REFUSED
    assert known.state is SourceState.ANSWERED
    assert "Observation/o1-1" in references(got)


async def test_a_bearer_token_goes_in_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROEF_TOKEN", "geheim-1")
    app = create_app(sample(STU3, 1, 1), STU3, quirks=Quirks(bearer="geheim-1"))
    with serving(app) as url:
        good, _ = await pull(config(url, auth=Auth("bearer", token_env="PROEF_TOKEN")))
        none, _ = await pull(config(url))
        monkeypatch.delenv("PROEF_TOKEN")
        gone, _ = await pull(config(url, auth=Auth("bearer", token_env="PROEF_TOKEN")))
    assert [good.state, none.state, gone.state] == [SourceState.ANSWERED, SourceState.REFUSED, SourceState.FAILED]
    assert not any("geheim" in seen.url for seen in app.state.seen)


async def test_a_response_beyond_the_limit_is_not_taken_in() -> None:
    outcome, _, _ = await pull_from(limits=replace(FAST, response_bytes=1000))
    assert outcome.state is SourceState.FAILED


async def test_a_slow_source_times_out() -> None:
    outcome, _, _ = await pull_from(limits=replace(FAST, attempts=1, read_seconds=0.05), slow=1.0)
    assert outcome.state is SourceState.FAILED


async def test_what_deliver_raises_is_raised() -> None:
    async def broken(_: list[Received]) -> None:
        raise RuntimeError("store is full")

    with serving(create_app(sample(STU3, 2, 2), STU3)) as url, pytest.raises(RuntimeError, match="store is full"):
        await connect(config(url)).pull(Ask(discover=True), broken)
