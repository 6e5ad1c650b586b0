"""Insurer, contract, and the disciplines a contract requires, each on the day the parameters point at."""

from __future__ import annotations

from adapter.selection import words
from adapter.selection.case import Case
from adapter.selection.cover import Cover
from adapter.selection.finding import Finding


def insured(case: Case, cover: Cover) -> Finding:
    """`verzekerd`: known uninsured is a no; nothing known, or sources that contradict each other, is unknown."""
    day = words.on(cover.insured_on)
    if cover.codes and cover.known_uninsured:
        why = f"De bronnen spreken elkaar tegen: op {day} zowel verzekerd als onverzekerd."
        return Finding("onbekend", why, cover.evidence, case.lacks("insurer", why))
    if cover.known_uninsured:
        return Finding("nee", f"De vrouw is op {day} bekend als onverzekerd.", cover.evidence)
    if cover.codes:
        names = words.listed([words.insurer(code) for code in cover.codes])
        return Finding("ja", f"De vrouw is op {day} verzekerd bij {names}.", cover.evidence)
    if cover.evidence:
        return Finding("onbekend", f"De verzekeraar op {day} is genoemd zonder UZOVI-code.", cover.evidence)
    return Finding("onbekend", f"Van {day} is geen verzekeraar bekend.")


def contracted(case: Case, cover: Cover) -> Finding:
    """`contract`: yes, no, unknown, or (regular, with `uncontracted`) no condition."""
    day, igo = words.on(cover.contract_on), case.igo
    if cover.contract is not None:
        whose = (
            "een contract dat voor iedere verzekeraar geldt"
            if "*" in cover.contract.insurers
            else (f"een contract met {words.insurer(cover.uzovi)}")
        )
        return Finding("ja", f"{igo.name} heeft op {day} {whose}.", cover.evidence)
    answers = {any(c.covers(code, cover.contract_on) for c in igo.contracts) for code in cover.codes}
    if answers == {True}:
        return Finding(
            "ja", f"{igo.name} heeft op {day} met elk van de genoemde verzekeraars een contract.", cover.evidence
        )
    if igo.rules.uncontracted and "niet_vereist" in case.table.input("contract").values:
        return Finding("niet_vereist", "Een contract is in deze IGO geen voorwaarde (parameter uncontracted).")
    anybody = any(
        c.since <= cover.contract_on and (c.until is None or cover.contract_on <= c.until) for c in igo.contracts
    )
    if answers == {False}:
        names = words.listed([words.insurer(code) for code in cover.codes])
        return Finding("nee", f"{igo.name} heeft op {day} geen contract met {names}.", cover.evidence)
    if not anybody:
        return Finding("nee", f"{igo.name} heeft op {day} met geen enkele verzekeraar een contract.")
    why = (
        "De bronnen noemen meer dan één verzekeraar, en niet met elk is er een contract"
        if answers
        else f"De verzekeraar op {words.on(cover.insured_on)} is niet bekend"
    )
    why = f"{why}; of er op {day} een contract is, is dus niet te zeggen."
    return Finding("onbekend", why, cover.evidence, case.lacks("insurer", why))


def minimum(case: Case, cover: Cover) -> Finding:
    """`minimum`: decides only where the contract requires disciplines."""
    needed = cover.contract.minimum if cover.contract is not None else ()
    if not needed:
        return Finding("niet_gesteld", "Het contract stelt geen disciplines verplicht.")
    present = {m.discipline for m in case.membership.active(cover.contract_on, cover.contract_on)}
    absent = [discipline for discipline in needed if discipline not in present]
    day = words.on(cover.contract_on)
    if absent:
        return Finding("nee", f"Op {day} mist {case.igo.name} de verplichte disciplines {words.listed(absent)}.")
    return Finding("ja", f"Op {day} zijn alle verplichte disciplines aanwezig: {words.listed(list(needed))}.")
