"""The tables of the command line, in Dutch: sources, and pregnancies with what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from adapter.service import dutch

if TYPE_CHECKING:
    from adapter.model.sources import SourceReport
    from adapter.service.summary import PhaseLine, PregnancySummary

STYLES = {"igo": "green", "niet_igo": "magenta", "gemengd": "cyan", "onbepaald": "yellow"}
_MOST = 3
_STATES = {"answered": "green", "failed": "red", "refused": "red", "not_asked": "dim"}


def sources_table(reports: Sequence[SourceReport]) -> Table:
    """One row per source."""
    table = Table("Bron", "Organisatie", "Antwoord", "Tijd", title="Bronnen", title_justify="left")
    for name in ("Ontvangen", "Nieuw", "Terzijde"):
        table.add_column(name, justify="right")
    for report in reports:
        said = dutch.SENDS if report.sends else dutch.SOURCE_STATE[report.state.value]
        state = Text(said, _STATES[report.state.value])
        counted = (report.resources, report.new_versions, report.invalid)
        counts = (str(count) if report.counted else "–" for count in counted)
        organisation = Text(dutch.name(report.organisation.name, report.organisation.id))
        table.add_row(Text(report.source), organisation, state, dutch.instant(report.at), *counts)
    return table


def pregnancies_table(items: Iterable[PregnancySummary]) -> Table:
    """One row per pregnancy."""
    columns = ("Zwangerschap", "Termijn of afloop", "Organisaties", "Besluit", "Prestatie per fase", "Ontbreekt")
    table = Table(title="Zwangerschappen", title_justify="left", show_lines=True)
    for name in columns:
        # Never cut, always folded: `adapter show` needs the whole id.
        table.add_column(name, overflow="fold", max_width=24 if name == "Termijn of afloop" else None)
    for item in items:
        decided = item.status or "onbepaald"
        status = Text(dutch.STATUS[decided], STYLES[decided]).append(f"\n{item.stage or ''}", "dim")
        missing = dutch.missing(item.missing, item.sources_missing)
        if len(missing) > _MOST:
            missing[_MOST - 1 :] = [f"nog {len(missing) - _MOST + 1}, zie `adapter decide`"]
        table.add_row(
            Text(f"{dutch.name(item.woman_name)}\ngeb. {dutch.day(item.birth_date)}\n").append(item.pregnancy, "dim"),
            Text(_term(item)),
            Text("\n".join(item.organisations)),
            status,
            Text("\n").join(_phase(line) for line in item.phases),
            Text("\n".join(missing) or "–"),
        )
    return table


def _term(item: PregnancySummary) -> str:
    if item.state == "ended":
        at = f" bij {dutch.term(item.gestational_age)}" if item.gestational_age else ""
        return f"{dutch.outcome(item.outcome)}\n{dutch.day(item.ended_on)}{at}"
    return f"{dutch.term(item.gestational_age)}\nuitgerekend {dutch.day(item.edd)}"


def _phase(line: PhaseLine) -> Text:
    text = Text(f"{line.phase}: ", "dim")
    if line.status is None:
        return text.append(dutch.PHASE_STATE[line.state], "dim")
    text.append(line.prestatie or dutch.STATUS[line.status], STYLES[line.status])
    return text.append(" §" if line.prestatie and line.standing == "provisional" else "", "yellow")
