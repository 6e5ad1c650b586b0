"""The zorgpad files: what they hold, and how a fault in them is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapter.carepath import ZorgpadError, load_zorgpad
from adapter.carepath.zorgpad import days_of
from builders_carepath import MAPPINGS


def copy(tmp_path: Path, name: str, old: str, new: str) -> Path:
    shutil.copytree(MAPPINGS / "zorgpad", tmp_path / "zorgpad")
    file = tmp_path / "zorgpad" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


def test_every_moment_has_a_source_and_something_to_recognise_it_by_or_is_never_a_gap() -> None:
    for moment in load_zorgpad(MAPPINGS).moments:
        assert moment.source
        assert moment.ways or moment.need in ("unseen", "elsewhere")


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    changed = copy(tmp_path, "nederland.yaml", "uiterlijk voor 13+0", "uiterlijk 13+0")
    assert load_zorgpad(changed).version != load_zorgpad(MAPPINGS).version


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("nederland.yaml", 'from: "10+0", to: "12+6"', 'from: "10+7", to: "12+6"', "termijnecho"),
        ("nederland.yaml", 'from: "10+0", to: "12+6"', 'from: "13+0", to: "12+6"', "termijnecho"),
        ("nederland.yaml", "kinds: [nipt]", "kinds: [nippt]", "nipt"),
        ("nederland.yaml", "id: seo_2", "id: seo_1", "twice: seo_1"),
        ("nederland.yaml", "need: habit", "need: sometimes", "vitaliteitsecho"),
        ("nederland.yaml", "moments:", "moments: [", "is not YAML"),
        ("precedence.yaml", "  lmp:", "  lpm:", "lmp"),
        ("precedence.yaml", "order: [basis, newest]", "order: [oldest]", "facts.edd.order"),
        ("precedence.yaml", "stated_age_days", "stated_days", "tolerances"),
    ],
)
def test_a_fault_names_file_and_key(tmp_path: Path, name: str, old: str, new: str, named: str) -> None:
    with pytest.raises(ZorgpadError, match=named) as fault:
        load_zorgpad(copy(tmp_path, name, old, new))
    assert name in str(fault.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZorgpadError, match=r"nederland\.yaml"):
        load_zorgpad(tmp_path)


def test_weeks_and_days() -> None:
    assert [days_of("0+0"), days_of("12+3")] == [0, 87]
