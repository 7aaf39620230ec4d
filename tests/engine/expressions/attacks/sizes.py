"""Refused: too long, too deep, too many; types that do not fit; JSON that is no condition."""

from __future__ import annotations

from tests.engine.expressions.attacks.case import nested_json, refused

SIZES = {
    **refused(
        "too_long",
        two_hundred_thousand_terms="+".join(["1"] * 200_000),
        five_megabytes="n" * 5_000_000,
        five_megabytes_of_blanks=" " * 5_000_000,
        five_megabytes_of_quotes='"' * 5_000_000,
        open_parentheses="(" * 4_001,
    ),
    **refused(
        "too_many_nodes",
        two_thousand_terms=" or ".join(["ok"] * 600),
        wide_comparisons=" and ".join(["n>1"] * 300),
    ),
    **refused(
        "too_deep",
        parentheses="(" * 1_900 + "1" + ")" * 1_900,
        only_open_parentheses="(" * 4_000,
        minus_signs="-" * 3_000 + "n",
        plus_signs="+" * 3_000 + "n",
        nots="not " * 900 + "flag",
        nested_calls="ABS(" * 90 + "n" + ")" * 90,
        nested_ifs="IF(ok, 1, " * 300 + "0" + ")" * 300,
        long_sum="+".join(["n"] * 1_900),
        long_product="*".join(["n"] * 45),
        mixed_chain="-(" * 60 + "n" + ")" * 60,
    ),
    **refused(
        "list_too_long",
        giant_list=f"n in [{','.join(['1'] * 1_900)}]",
        list_of_201=f"n in [{','.join(['1'] * 201)}]",
    ),
    **refused(
        "too_many_arguments",
        many_arguments=f"MIN({','.join(['n'] * 300)})",
        many_texts=" & ".join(["name"] * 60),
        many_branches=f"IFS({','.join(['ok,1'] * 40)})",
    ),
    **refused(
        "number_too_large",
        giant_number="9" * 3_999,
        sixteen_digits="n = 1234567890123456",
        product_of_giants="9" * 1_000 + " * " + "9" * 1_000,
    ),
    **refused("number_too_large", long_fraction="0." + "9" * 3_990),
}

TYPES = {
    **refused(
        "type_mismatch",
        repeat="name * 1000000000",
        repeat_constant='"a" * 999999999',
        text_minus="name - 1",
        text_plus="name + name",
        money_squared="amount * cost",
        date_times="d * 2",
        order_of_keys="stage > 'open'",
        date_with_datetime="d = at",
        truth_of_number="n and m",
        truth_of_text="not name",
        number_as_text="n = 'x'",
        reference_of_other_form="customer = owner",
        in_text='"a" in name',
        round_by_field="SUM(lines.label)",
    ),
    **refused("currency_mismatch", currencies="dollars + yuan"),
    **refused("constant_needed", digits_from_a_field="ROUND(x, n)", digits_beyond="ROUND(x, 999999999)"),
    **refused("null_comparison", null_equals="name = null", blank_equals='name <> ""', null_in="n in [null]"),
    **refused("chained_comparison", chained="1 < n < 3"),
    **refused("percent_sign", percent="n > 8%", modulo="n % 2", format_operator='"%s" % name'),
    **refused("unknown_option", unknown_option='stage = "wonn"', injected_option='stage = "won\' OR 1=1"'),
    **refused(
        "bad_date", no_such_day='d = "2026-02-30"', year_zero='d = "0000-01-01"', far='at > "99999-01-01"'
    ),
}

CONDITIONS = {
    **refused("too_deep", deep=nested_json(900), deep_groups=nested_json(900, "and")),
    **refused(
        "too_many_nodes",
        wide={"or": [{"n": 1}] * 200_000},
        many_keys={"and": [{"n": {"gt": 1, "lt": 2}}] * 1_000},
    ),
    **refused("list_too_long", giant_json_list={"n": {"in": list(range(200_000))}}),
    **refused(
        "number_too_large",
        giant_json_number={"n": 10**100_000},
        infinite={"n": float("inf")},
        not_a_number={"n": float("nan")},
        float_too_precise={"x": 0.1234567890123456},
    ),
    **refused("too_long", giant_text={"expr": "a" * 5_000_000}),
    **refused("text_too_long", giant_json_text={"name": "a" * 5_000_000}),
    **refused(
        "bad_name",
        giant_key={"a" * 5_000_000: 1},
        hostile_key={"n) OR 1=1 --": 1},
        key_with_quotes={'n" OR "1"="1': 1},
        key_with_nul={"n\0": 1},
        key_with_dots={"..": 1},
        empty_key={"": 1},
    ),
    **refused("unknown_operator", giant_operator={"n": {"a" * 5_000_000: 1}}, mongo={"n": {"$where": "1"}}),
    **refused("unknown_field", unicode_key={"ｎ": 1}),
    **refused("not_a_reference", dunder_key={"name.__class__": "x"}),
    **refused(
        "bad_condition",
        value_is_object={"n": {"gt": {"a": 1}}},
        value_is_list={"n": [1]},
        list_as_condition={"and": [[]]},
        number_as_condition={"and": [1]},
        group_is_text={"and": "x"},
        nothing={},
        not_of_text={"not": "x"},
    ),
    **refused("unknown_function", text_inside={"expr": "__import__('os')"}),
}
