"""The functions by what they are about, in the order of the page. A test sees that none is left out."""

from __future__ import annotations

FAMILIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("逻辑", "Logic", ("IF", "IFS", "SWITCH", "COALESCE", "ISBLANK", "IFERROR", "XOR")),
    (
        "数字",
        "Numbers",
        (
            *("ABS", "ROUND", "ROUNDUP", "ROUNDDOWN", "FLOOR", "CEILING", "INT", "TRUNC", "MOD", "SIGN"),
            *("MIN", "MAX", "CLAMP", "POWER", "SQRT", "EXP", "LN", "LOG10", "RMB_UPPER"),
        ),
    ),
    (
        "文本",
        "Text",
        (
            *("LEN", "LEFT", "RIGHT", "MID", "FIND", "SPLITPART", "CONTAINS", "STARTSWITH", "ENDSWITH"),
            *("MATCHES", "UPPER", "LOWER", "PROPER", "TRIM", "SUBSTITUTE", "REPLACE", "REPT", "LPAD", "RPAD"),
            *("CONCAT", "TEXTJOIN", "TEXT", "VALUE", "PINYIN"),
        ),
    ),
    (
        "日期与时间",
        "Dates and times",
        (
            *("TODAY", "NOW", "DATE", "DATETIME", "DATEVALUE", "TODATE", "YEAR", "QUARTER", "MONTH", "DAY"),
            *("HOUR", "MINUTE", "SECOND", "WEEKDAY", "ISOWEEK", "DATEADD", "EDATE", "EOMONTH", "STARTOF"),
            *("ENDOF", "DATEDIFF", "DAYSUNTIL", "AGE", "DAYS", "HOURS", "MINUTES"),
        ),
    ),
    ("工作时间", "Working time", ("NETWORKDAYS", "WORKDAY", "WORKHOURS", "ADDWORKHOURS")),
    ("位置", "Places", ("GEODISTANCE",)),
    (
        "子表与多选",
        "Child tables and choices",
        (
            *("SUM", "COUNT", "AVG", "MINOF", "MAXOF", "DISTINCTCOUNT", "ANY", "ALL", "LOOKUP"),
            "HAS",
            "HASANY",
        ),
    ),
    ("修改", "Changes", ("OLD", "CHANGED", "CHANGEDTO", "CHANGEDFROM", "ISNEW")),
    ("人员", "People", ("ME", "MYTEAM", "HASROLE")),
    ("树", "Trees", ("UNDER",)),
    ("动态", "History", ("LASTACTIVITY", "INACTIVEDAYS", "DAYSINSTATE", "EVENTCOUNT")),
)
