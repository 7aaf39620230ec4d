"""Whole rows told at once mean the same as told value by value."""

from __future__ import annotations

import pytest

from forms.telling import taking, tell

RECORD = {"a": 1, "b": None, "c": "x"}


@pytest.mark.parametrize("keys", [(), ("a",), ("b",), ("a", "b", "c")])
def test_any_number_of_keys_is_taken_and_told(keys):
    assert taking(keys)(RECORD) == tuple(RECORD[key] for key in keys)
    assert tell([(key, None) for key in keys])(RECORD) == {key: RECORD[key] for key in keys}


def test_only_values_that_are_there_are_written_another_way():
    def written(value):
        return f"<{value}>"

    assert tell([("c", written), ("b", written), ("a", None)])(RECORD) == {"c": "<x>", "b": None, "a": 1}
    assert tell([("b", written)])(RECORD) == {"b": None}
