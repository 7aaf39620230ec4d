"""How the pages are read: what fits an answer, and which commands are repeated."""

from __future__ import annotations

from tests.docs.pages import Block, code, fits, steps


def block(language: str, text: str) -> Block:
    return Block("x.md", 1, language, text)


def test_dots_stand_for_anything_and_the_rest_must_be_there() -> None:
    shown = block("json", '{"a": 1, … "b": [2]}')
    assert fits(shown, '{"a":1,"c":9,"b":[ 2 ]}\n')
    assert not fits(shown, '{"a":1,"c":9,"b":[3]}')
    assert not fits(shown, '{"a":1,"b":[2],"more":true}')


def test_blanks_count_in_text_but_not_how_many() -> None:
    shown = block("text", "one two\nthree\n")
    assert fits(shown, "one  two three")
    assert not fits(shown, "onetwo three")


def test_a_cell_of_code_may_hold_backticks() -> None:
    assert code("`a = 1`") == "a = 1"
    assert code("`` `a` ``") == "`a`"


def test_the_tour_repeats_the_deal_on_the_second_server() -> None:
    sections = [step.command.section for step in steps("tour.md")]
    assert sections.count("4") == 2 * 4
    assert sections.index("7") < len(sections) - 1 - sections[::-1].index("6")
