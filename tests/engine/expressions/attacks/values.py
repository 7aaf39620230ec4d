"""What grows, overflows or backtracks while it is computed, and texts that look like code."""

from __future__ import annotations

from tests.engine.expressions.attacks.case import Attack, doubled, refused

GROWING = {
    "text doubled": Attack(doubled("name & name", 6), record={"name": "x" * 9_000}),
    "text doubled from a short one": Attack(doubled('name & "y"', 6), record={"name": "x" * 300}),
    "long text compared": Attack(
        "name & name > note", record={"name": "a" * 5_000, "note": "a" * 10_000}, value=False
    ),
    "joined fifty times": Attack(" & ".join(["name"] * 50), record={"name": "x" * 9_999}),
    "sum at the edge": Attack(
        "SUM(lines.fine)", record={"lines": [{"fine": "999999999999999.999999"}] * 200}
    ),
    "product at the edge": Attack(" * ".join(["wide"] * 39), record={"wide": "999999999999999.999999"}),
    "quotient of the smallest": Attack("wide / 0.000001", record={"wide": "999999999999999.999999"}),
    "powers by multiplying": Attack("(big * big) * (big * big)", record={"big": 999_999_999_999_999_999}),
    "division by zero": Attack("n / (m - m)", record={"n": 1, "m": 1}),
    "remainder of zero": Attack("MOD(n, 0)", record={"n": 1}),
    "date beyond the calendar": Attack('DATEADD("year", 999999999999999, d)', record={"d": "2026-01-01"}),
    "date before the calendar": Attack('DATEADD("day", -999999999999999, d)', record={"d": "2026-01-01"}),
    "moment beyond the calendar": Attack(
        'DATEADD("second", 999999999999999, at)', record={"at": "2026-01-01T00:00:00Z"}
    ),
    "day that does not exist": Attack("DATE(n, m, m)", record={"n": 999_999_999_999_999, "m": 99}),
    "ten thousand rows": Attack(
        "SUM(lines.qty * lines.qty)", record={"lines": [{"qty": 2}] * 2_000}, value="8000"
    ),
    "rows within rows": Attack("ANY(lines, qty > SUM(parent.lines.qty))", code="rows_within_rows"),
    "list of 200": Attack(f"n in [{', '.join(map(str, range(200)))}]", record={"n": 199}, value=True),
    "chain of 190": Attack(" and ".join(["ok"] * 190), record={"ok": True}, value=True),
    "fifty arguments": Attack(f"MIN({', '.join(['n'] * 50)})", record={"n": 5}, value="5"),
    "ifs": Attack(f"IFS({', '.join(['n > 5, m'] * 25)})", record={"n": 6, "m": 3}, value="3"),
    "ifs nested": Attack("IF(n = 1, 1, " * 18 + "0" + ")" * 18, record={"n": 5}, value="0"),
    "dates nested": Attack(
        'DATEADD("month", 1, ' * 38 + "d" + ")" * 38, record={"d": "2026-01-31"}, value="2029-03-28"
    ),
    "letters nested": Attack(
        "UPPER(" * 28 + "name" + ")" * 28, record={"name": "é" * 10_000}, value='"' + "É" * 10_000 + '"'
    ),
    "quotes in text": Attack({"name": "'; DROP TABLE deal; --"}, record={"name": "x"}, value=False),
    "template in text": Attack(
        'name & "{0.__class__} %s ${name} {{x}}"',
        record={"name": "x"},
        value='"x{0.__class__} %s ${name} {{x}}"',
    ),
    "wildcards in text": Attack('CONTAINS(name, "%")', record={"name": "abc"}, value=False),
    "key named like a method": Attack("code & id", record={"code": "__class__"}, value='"__class__"'),
    "text that looks like code": Attack(
        "\"__import__('os').system('x')\" & \"\"", value="\"__import__('os').system('x')\""
    ),
}


FUNCTIONS = {
    **refused(
        "too_slow",
        letters_piled_up=" & ".join(["UPPER(name)"] * 40),
        words_piled_up=" & ".join(["PROPER(name)"] * 20),
        pinyin_piled_up=" & ".join(["PINYIN(name)"] * 5),
        patterns_piled_up=" or ".join([f'MATCHES(name, "[a-z]{{{n},99}}x")' for n in range(9, 29)]),
        working_hours_piled_up=" + ".join(['WORKHOURS(at, at2, "cn_5x9")'] * 10),
    ),
    **refused(
        "bad_pattern",
        pattern_of_patterns='MATCHES(name, "((a{100}){100}){100}")',
        pattern_too_large='MATCHES(name, "(x?a?b?c?.?){90}")',
        pattern_looking_behind='MATCHES(name, "(?<=a)b")',
        pattern_referring_back='MATCHES(name, "(a)\\\\1")',
        pattern_unclosed='MATCHES(name, "((((")',
    ),
    **refused(
        "constant_needed",
        pattern_from_a_field="MATCHES(name, note)",
        text_pattern_from_a_field="TEXT(n, name)",
    ),
    **refused("unknown_calendar", unknown_calendar='WORKDAY(d, 1, "../../etc/passwd")'),
    **refused("rows_within_rows", rows_of_rows="SUM(lines.qty * COUNT(parent.lines))"),
    "pattern that backtracks": Attack(
        'MATCHES(name, "(a+)+$")', record={"name": "a" * 9_999 + "!"}, value=False
    ),
    "pattern with overlaps": Attack('MATCHES(name, "(a|aa)+b")', record={"name": "a" * 10_000}, value=False),
    "pattern of stars": Attack('MATCHES(name, ".*.*.*.*.*x")', record={"name": "a" * 10_000}, value=False),
    "pattern with counts": Attack('MATCHES(name, "(.?){20}b")', record={"name": "a" * 10_000}, value=False),
    "pattern of an e-mail": Attack(
        'MATCHES(name, "([a-zA-Z0-9]+)([.-_]?[a-zA-Z0-9]+)*@x")', record={"name": "a" * 10_000}, value=False
    ),
    "repeated beyond memory": Attack("REPT(name, 999999999999999)", record={"name": "x" * 10_000}),
    "repeated to the limit": Attack("LEN(REPT(name, 10000))", record={"name": "x"}, value="10000"),
    "repeated backward": Attack("REPT(name, -999999999999999)", record={"name": "x"}, value='""'),
    "padded beyond memory": Attack('LPAD(name, 999999999999999, "ab")', record={"name": "x"}),
    "padded with nothing": Attack("RPAD(name, 10000, note & '')", record={"name": "x"}, value='"x"'),
    "replaced by much": Attack(
        "SUBSTITUTE(name, 'a', note)", record={"name": "a" * 10_000, "note": "b" * 10_000}
    ),
    "replaced again and again": Attack(
        "SUBSTITUTE(" * 20 + "name" + ", 'a', 'aa')" * 20, record={"name": "a"}
    ),
    "joined with much": Attack("TEXTJOIN(name, false, n, n, n, n)", record={"name": "x" * 9_000, "n": 1}),
    "split in many": Attack("SPLITPART(name, 'a', -9999)", record={"name": "a" * 10_000}, value='""'),
    "searched in vain": Attack("FIND(note, name)", record={"name": "a" * 10_000, "note": "a" * 5_000 + "b"}),
    "number of ten thousand digits": Attack("VALUE(name)", record={"name": "9" * 10_000}),
    "date of ten thousand digits": Attack("DATEVALUE(name)", record={"name": "2026-01-" + "0" * 9_990}),
    "powers of powers": Attack("POWER(POWER(POWER(x, 99), 99), 99)", record={"x": "99.9"}),
    "power of a giant": Attack("POWER(x, y)", record={"x": "999999999999.999999", "y": "999999.999"}),
    "power of almost one": Attack("POWER(x, big)", record={"x": "1.000001", "big": 999_999_999_999_999_999}),
    "root of a negative": Attack("POWER(x, 0.5)", record={"x": "-1"}),
    "exponential": Attack("EXP(EXP(EXP(x)))", record={"x": "34"}),
    "logarithm of nothing": Attack("LN(x) + LOG10(-x)", record={"x": "0"}),
    "a hundred logarithms": Attack(" + ".join(["LN(x)"] * 39), record={"x": "0.000001"}, value="-538.804929"),
    "amount in capitals": Attack(
        "LEN(RMB_UPPER(wide))", record={"wide": "999999999999999.999999"}, value="6"
    ),
    "far away": Attack("GEODISTANCE(x, x, y, y)", record={"x": "999999999999", "y": "-999999.999"}),
    "working days of all years": Attack(
        "NETWORKDAYS(d, d2)", record={"d": "0001-01-01", "d2": "9999-12-31"}, value="2608615"
    ),
    "working day after all days": Attack(
        "WORKDAY(d, n)", record={"d": "2026-01-01", "n": 999_999_999_999_999}
    ),
    "working hours of all years": Attack(
        'WORKHOURS(at, at2, "cn_5x9")', record={"at": "0003-01-01T00:00:00Z", "at2": "9990-01-01T00:00:00Z"}
    ),
    "working hours without end": Attack(
        'ADDWORKHOURS(at, n, "cn_5x9")', record={"at": "2026-01-01T00:00:00Z", "n": 999_999_999}
    ),
    "months beyond the calendar": Attack(
        "EDATE(d, n) > EOMONTH(d, -n)", record={"d": "2026-01-01", "n": 99_999_999_999}
    ),
    "look-up among many": Attack(
        "LOOKUP(lines.qty, lines.qty, 'desc')", record={"lines": [{"qty": 2}] * 2_000}, value="2"
    ),
    "different values among many": Attack(
        "DISTINCTCOUNT(lines.label)",
        record={"lines": [{"label": f"x{n}"} for n in range(2_000)]},
        value="2000",
    ),
    "too many rows": Attack("COUNT(lines)", record={"lines": [{"qty": 2}] * 10_001}),
    "pinyin of a book": Attack("PINYIN(name)", record={"name": "重" * 10_000}),
}
