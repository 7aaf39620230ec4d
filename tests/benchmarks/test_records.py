"""The records benchmark runs, on a table too small to say anything about speed."""

from __future__ import annotations

import pytest

from benchmarks.client import length_of_answer
from benchmarks.deals import deals, mine
from benchmarks.records import BARS, OPERATIONS, Size, holds, measure

TINY = Size(rows=200, rounds=1, seconds=0.05, warm_up=0.02)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_both_servers_answer_the_same_and_every_figure_is_there():
    figures = measure(TINY, ("sqlite",))["sqlite"]

    assert tuple(figures) == OPERATIONS
    for cells in figures.values():
        assert set(cells) == {"c1", "c16"}
        for cell in cells.values():
            assert cell["ours"] > 0
            assert cell["hand"] > 0
            assert cell["ratio"] == pytest.approx(cell["ours"] / cell["hand"], abs=0.02)


def test_one_ratio_below_its_bar_is_enough_to_miss():
    bar = BARS["sqlite"]["get"]
    good, bad = ({"ours": 1.0, "hand": 1.0, "ratio": ratio} for ratio in (bar, bar - 0.01))

    assert holds({"sqlite": {"get": {"c1": good, "c16": good}}})
    assert not holds({"sqlite": {"get": {"c1": good, "c16": bad}}})


def test_deals_are_the_same_on_every_run():
    assert deals.__wrapped__(50) == deals.__wrapped__(50)


def test_caller_owns_four_of_five():
    assert len(mine(1_000)) == 800


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 40),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\netag: 1\r\n\r\n{", 49),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 27),
        (b"HTTP/1.1 200 OK\r\ncontent-le", 0),
    ],
)
def test_answer_is_whole_when_the_body_is_there(answer, length):
    assert length_of_answer(answer) == length
