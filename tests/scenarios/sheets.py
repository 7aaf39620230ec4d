"""Imports as the scenarios do them: a workbook sent over REST, done by the worker."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.forms.imports.desk import workbook
from tests.scenarios.crm import Crm, Record
from tests.support.client import SignedIn

IMPORTS = "/apps/crm/forms/{}/imports"
HEADER = ["客户全称", "级别", "统一社会信用代码", "区域", "电话"]
USCC = "91320500MA1ABCDE2X"
ROWS = (
    HEADER,
    ["南京聚源商贸有限公司", "A", USCC, "EAST-JS", "13812345671"],  # row 2
    ["无锡万和餐饮管理有限公司", "B", None, "EAST-JS", None],  # 3
    [None, "B", None, "EAST-JS", None],  # 4 no name
    ["常州天成商贸有限公司", "重要", None, "EAST-JS", None],  # 5 no such level
    ["南通宏图商贸有限公司", None, None, "EAST-JS", None],  # 6
    ["徐州顺昌商贸有限公司", "C", USCC[:17], "EAST-JS", None],  # 7 too short
    ["南京聚源商贸有限公司\u3000", "B", None, "EAST-JS", None],  # 8 as row 2 but for a blank
    ["苏州新港商贸有限公司", "B", None, "EAST-XX", None],  # 9 no such region
    ["苏州泰安商贸有限公司", "B", None, "EAST-JS", 13812345679],  # 10 a phone number as a number
    ["西安大唐餐饮管理有限公司", "A", None, "NW", None],  # 11 C3
)


def run_import(crm: Crm, user: str, form: str, *rows: list[Any], **options: Any) -> Record:
    """How the import of these rows ended."""
    begun = begin_import(crm.by(user), form, *rows, **options)
    assert begun.status_code == 202, begun.text
    crm.work()
    answer = crm.by(user).get(begun.headers["location"])
    assert answer.status_code == 200, answer.text
    done: Record = answer.json()
    return done


def begin_import(user: SignedIn, form: str, *rows: list[Any], **options: Any) -> httpx.Response:
    asked = {"name": f"{form}.xlsx", "options": json.dumps(options)}
    return user.request("POST", IMPORTS.format(form), params=asked, content=workbook(*rows))


def refused_rows(crm: Crm, user: str, form: str, done: Record) -> list[tuple[int, str, str]]:
    """(row, column, code) of what was wrong."""
    answer = crm.by(user).get(f"{IMPORTS.format(form)}/{done['id']}/errors", params={"limit": "200"})
    assert answer.status_code == 200, answer.text
    return [(each["row"], each["column"], each["code"]) for each in answer.json()["items"]]
