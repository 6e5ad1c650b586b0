"""The rules of next year take only data: a changed row, a new prestatie with its tariff, another value of a parameter.

A small region is moved three years on, so that its births are in 2027. The files of that year are proved, tried over
what is stored, told in the rulebook, and then taken into use; no line of code is otherwise.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter import bootstrap
from adapter.access import Actor, Context, Purpose, Role
from adapter.bootstrap.wire import rulebook
from adapter.cli.app import app
from adapter.service.application import UseCases
from adapter.service.payment.whatif import Draft, TrialReport
from adapter.service.port import ConfigurationError
from adapter.service.rulebook import markdown
from adapter.simulation import Region
from adapter.simulation.region import picked
from support.dossiers import PAYMENT

NOW = datetime(2027, 7, 29, 12, tzinfo=UTC)
KEEPER = Context(Actor("beheer", "Beheer", roles=(Role.BEHEERDER,)), Purpose.HOPERAT)
MAPPINGS = Path(__file__).parents[2] / "mappings"
WOMEN = {
    "thuisbevalling-alles-binnen", "tweede-lijn-spontaan", "primaire-sectio", "verzekeraar-zonder-contract",
    "geen-kraamzorg", "kraamzorg-door-niet-lid", "bevallen-in-ziekenhuis-buiten", "over-de-jaargrens-2022-2023",
}  # fmt: skip
_DAY = re.compile(r"\b(20[12]\d)-(\d\d)-(\d\d)(?![\d-])")

RULES = """
sources:
  - {id: afspraak-2027, title: Afspraak IGO en verzekeraars 2027, citation: Afspraak 2027, url: , read: yes}
overlay:
  - table: selection-regular
    version: "2027.1"
    rows:
      - id: regulier-geen-contract
        when: {bevalling: [bekend, nvt], verzekerd: [ja, onbekend], contract: nee}
        outcome: niet_igo
        text: De IGO heeft met deze verzekeraar op de contractdag geen contract voor integrale geboortezorg.
        cites: [cz-2024, spoorboekje]
        standing: provisional
        to: UNTIL
      - id: regulier-geen-contract-2027
        when: {bevalling: [bekend, nvt], verzekerd: [ja, onbekend], contract: nee}
        outcome: onbepaald
        text: Vanaf 2027 wordt zonder contract per geval besloten.
        cites: [afspraak-2027]
        standing: verified
        from: 2027-01-01
"""
PRESTATIE = """
  - id: postnataal-zonder-kraamzorg
    name: postnatale zorg zonder kraamzorg
    phase: postnataal
    code:
    from: 2027-01-01
    cites: [eigen-lezing]
    standing: provisional

tables:"""
OLD_ROW = "        when: {verblijf: nee, kraamzorg: [nee, afgezien, onbekend]}\n"
NEW_ROWS = """        when: {verblijf: nee, kraamzorg: afgezien}
        outcome: postnataal-deel
        text: Zij zag van kraamzorg af; leden van de IGO gaven een deel van de postnatale zorg.
        cites: [eigen-lezing]
        standing: provisional
        to: 2026-12-31
      - id: postnataal-zonder-kraamzorg-2027
        when: {verblijf: nee, kraamzorg: afgezien}
        outcome: postnataal-zonder-kraamzorg
        text: Zij zag van kraamzorg af; vanaf 2027 is daar een eigen prestatie voor.
        cites: [eigen-lezing]
        standing: provisional
        from: 2027-01-01
      - id: postnataal-kraamzorg-elders
        when: {verblijf: nee, kraamzorg: [nee, onbekend]}
"""


def later(text: str) -> str:
    """Three years on; 29 February becomes the 28th."""

    def moved(found: re.Match[str]) -> str:
        year, month, day = found.groups()
        return f"{int(year) + 3}-{month}-{'28' if (month, day) == ('02', '29') else day}"

    return _DAY.sub(moved, text)


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The region of 2027, pulled under the rules as they are."""
    folder = tmp_path_factory.mktemp("2027")
    Region(lambda: iter([c for c in picked() if c.situation in WOMEN])).write(folder)
    for path in [folder / "igo.toml", *folder.rglob("*.ndjson")]:
        path.write_text(later(path.read_text("utf-8")), "utf-8")
    application = bootstrap.open_application(folder / "adapter.toml", clock=lambda: NOW)

    async def fill() -> None:
        await application.pull()
        await application.aclose()

    asyncio.run(fill())
    return folder


@pytest.fixture
def region(pulled: Path, tmp_path: Path) -> Path:
    here = tmp_path / "region"
    shutil.copytree(pulled, here, ignore=shutil.ignore_patterns("redis"))
    return here


@pytest.fixture
def year(region: Path) -> Draft:
    """The files of 2027: an overlay of rules, a catalogue, a register."""
    folder = region / "jaar-2027"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "2027.yaml").write_text(RULES.replace("UNTIL", "2026-12-31"), "utf-8")
    shutil.copytree(MAPPINGS / "catalogues", folder / "catalogues")
    integral = folder / "catalogues" / "integraal.yaml"
    text = integral.read_text("utf-8").replace("\ntables:", PRESTATIE, 1).replace(OLD_ROW, NEW_ROWS, 1)
    text = text.replace(
        "outcomes: [postnataal, postnataal-verblijf, postnataal-deel]",
        "outcomes: [postnataal, postnataal-verblijf, postnataal-deel, postnataal-zonder-kraamzorg]",
    )
    integral.write_text(text, "utf-8")
    register = (region / "igo.toml").read_text("utf-8")
    register = register.replace("postnataal = ", "postnataal-zonder-kraamzorg = 123400, postnataal = ")
    (folder / "igo.toml").write_text(
        register.replace("[[member]]", '[igo.rules]\nmember_care = "any"\n\n[[member]]', 1), "utf-8"
    )
    return Draft(folder / "rules", folder / "igo.toml", folder / "catalogues")


@pytest.fixture
def application(region: Path) -> Iterator[UseCases]:
    opened = bootstrap.open_application(region / "adapter.toml", clock=lambda: NOW)
    yield opened
    asyncio.run(opened.aclose())


def told(report: TrialReport) -> Counter[tuple[str, str | None, str | None, str | None, str | None]]:
    """How many phases become what: phase, status and prestatie before and after."""
    return Counter(
        (p.phase, p.before.status, p.after.status, p.before.prestatie, p.after.prestatie)
        for shift in report.changed
        for p in shift.phases
        if p.before != p.after
    )


def test_each_change_does_what_it_says_over_what_is_stored(application: UseCases, year: Draft) -> None:
    """Alone, so that it shows whose doing a difference is; the trial touches nothing."""
    trial = application.payment.trials.trial
    standing = {d.pregnancy: d.id for d in application._rooms.store.latest_decisions()}

    by_rules = told(trial(PAYMENT, Draft(rules=year.rules)))
    assert by_rules and {(before, after) for _, before, after, *_ in by_rules} == {("niet_igo", "onbepaald")}
    by_catalogue = told(trial(PAYMENT, Draft(catalogues=year.catalogues)))
    assert set(by_catalogue) == {("postnataal", "igo", "igo", "postnataal-deel", "postnataal-zonder-kraamzorg")}
    by_parameter = told(trial(PAYMENT, Draft(register=year.register)))
    assert by_parameter and {(before, after) for _, before, after, *_ in by_parameter} == {("niet_igo", "igo")}

    together = told(trial(PAYMENT, year))
    assert together == by_rules + by_catalogue + by_parameter
    assert {d.pregnancy: d.id for d in application._rooms.store.latest_decisions()} == standing


def test_the_new_prestatie_has_its_tariff(application: UseCases, year: Draft) -> None:
    report = application.payment.trials.trial(PAYMENT, year)
    (amount,) = {
        p.after.amount for s in report.changed for p in s.phases if p.after.prestatie == "postnataal-zonder-kraamzorg"
    }
    assert amount == 123400


def test_only_the_new_year_is_otherwise(application: UseCases, year: Draft) -> None:
    """A phase of 2026 keeps its outcome under the rows that got an end."""
    draft = Draft(rules=year.rules, catalogues=year.catalogues)
    for shift in application.payment.trials.trial(PAYMENT, draft).changed:
        path = application.variables(PAYMENT, shift.pregnancy)
        for phase in (p for p in shift.phases if p.before != p.after):
            start = path.phase(phase.phase).start  # type: ignore[arg-type]
            assert start is not None and start.year == 2027, phase


def test_a_hole_or_an_overlap_in_the_years_is_refused(application: UseCases, year: Draft) -> None:
    assert year.rules is not None
    path = year.rules / "2027.yaml"
    for until, what in (("2027-06-30", "regulier-geen-contract"), ("2026-11-30", "no row")):
        path.write_text(RULES.replace("UNTIL", until), "utf-8")
        with pytest.raises(ConfigurationError) as caught:
            application.payment.trials.trial(PAYMENT, Draft(rules=year.rules))
        said = " ".join(f"{p.where} {p.what}" for p in caught.value.problems)
        assert "2027" in said and what in said, said


def adopt(region: Path) -> Path:
    """The configuration with the files of the year in use."""
    folder = region / "jaar-2027"
    mappings = region / "mappings"
    shutil.copytree(MAPPINGS, mappings)
    shutil.copytree(folder / "catalogues", mappings / "catalogues", dirs_exist_ok=True)
    shutil.copy(folder / "igo.toml", region / "igo.toml")
    config = region / "adapter.toml"
    text = config.read_text("utf-8").replace(
        'register = "igo.toml"', 'register = "igo.toml"\nrules = ["jaar-2027/rules/2027.yaml"]'
    )
    config.write_text(f'mappings = "mappings"\n{text}', "utf-8")
    return config


def test_taken_into_use_it_does_what_the_trial_said(application: UseCases, year: Draft, region: Path) -> None:
    tried = application.payment.trials.trial(PAYMENT, year)
    config = adopt(region)
    checked = CliRunner().invoke(app, ["check", "--config", str(config)])
    assert checked.exit_code == 0 and "errors: 0" in checked.stdout, checked.stdout
    opened = bootstrap.open_application(config, clock=lambda: NOW)
    try:
        report = opened.payment.runs.run(KEEPER)
        assert report.changed == len(tried.changed) > 0
        for shift in tried.changed:
            made = opened._rooms.store.latest_decision(shift.pregnancy)
            assert made is not None and made.status == shift.after and made.replaces is not None and made.changed
    finally:
        asyncio.run(opened.aclose())


def test_the_rulebook_of_the_year_names_what_is_otherwise(region: Path, year: Draft) -> None:
    said = markdown(rulebook(adopt(region), date(2027, 6, 1), date(2026, 6, 1)))
    differs = said.split("## Verschillen met 2026-06-01")[1].split("\n## ")[0]
    assert "regulier-geen-contract-2027 | " in differs and "| was: niet_igo. De IGO heeft" in differs
    assert "postnataal-zonder-kraamzorg-2027" in differs and "| was: postnataal-deel." in differs
    assert (
        "| member_care | any |" in said and "| postnataal-zonder-kraamzorg | postnatale zorg zonder kraamzorg |" in said
    )
    before = markdown(rulebook(region / "adapter.toml", date(2026, 6, 1)))
    assert "| postnataal-zonder-kraamzorg |" not in before and "regulier-geen-contract-2027 |" not in before
