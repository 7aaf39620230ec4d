"""The permission benchmark runs, on a table too small to say anything about speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.permission import BAR, COUNTS, REPS, SORTS, NotTheSame, holds, measure, require_same


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_both_ask_the_same_and_every_figure_is_there(tmp_path: Path) -> None:
    figures = measure(f"sqlite:///{tmp_path / 'fourfold.sqlite'}", tmp_path, 2 * REPS, 1, 1)

    assert len(figures) == 2 * len(SORTS) * len(COUNTS)
    for cell in figures.values():
        assert cell["own"] > 0
        assert cell["ratio"] == pytest.approx(cell["own"] / cell["filtered"], abs=0.02)


def test_one_ratio_above_its_bar_is_enough_to_miss() -> None:
    good, bad = {"ratio": BAR}, {"ratio": BAR + 0.01}

    assert holds({"sqlite": {"rep": good}, "postgresql": {"rep": good}})
    assert not holds({"sqlite": {"rep": good}, "postgresql": {"rep": bad}})


def test_lists_that_differ_are_not_compared() -> None:
    with pytest.raises(NotTheSame):
        require_same({"items": [{"id": "1"}]}, {"items": [{"id": "2"}]}, "rep")
