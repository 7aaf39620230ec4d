"""An app for tests of imports: customers with a region and an owner, orders with lines; and files of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import xlsxwriter

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms.compiled import compiled_form
from forms.imports import service
from forms.imports.options import ImportOptions
from forms.imports.run import ImportRun
from forms.transfers.repository import Transfer


def label(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def options(**labels: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": label(zh, key)} for key, zh in labels.items()]


REGION = {
    "key": "region",
    "label": label("区域", "Region"),
    "title": "code",
    "fields": [
        {"key": "code", "type": "text", "label": label("代码", "Code"), "required": True, "unique": True},
        {"key": "name", "type": "text", "label": label("名称", "Name")},
    ],
}

CUSTOMER = {
    "key": "customer",
    "label": label("客户", "Customer"),
    "title": "name",
    "fields": [
        {"key": "no", "type": "auto", "label": label("编号", "No."), "pattern": "C-{0000}"},
        {"key": "name", "type": "text", "label": label("名称", "Name"), "required": True, "unique": True},
        {
            "key": "level",
            "type": "select",
            "label": label("等级", "Level"),
            "options": options(A="战略", B="普通", C="一般"),
            "default": "C",
        },
        {"key": "uscc", "type": "text", "label": label("统一社会信用代码", "USCC")},
        {"key": "region", "type": "ref", "form": "region", "label": label("所属区域", "Region")},
        {"key": "phone", "type": "phone", "label": label("电话", "Phone")},
        {"key": "credit", "type": "money", "label": label("信用额度", "Credit limit")},
        {"key": "since", "type": "date", "label": label("合作日期", "Since")},
        {"key": "next_call", "type": "datetime", "label": label("下次联系", "Next call")},
        {"key": "vip", "type": "bool", "label": label("重点", "VIP")},
        {
            "key": "tags",
            "type": "multiselect",
            "label": label("标签", "Tags"),
            "options": options(x="甲", y="乙", z="丙"),
        },
        {"key": "manager", "type": "user", "label": label("客户经理", "Manager")},
        {"key": "note", "type": "textarea", "label": label("备注", "Note"), "max_length": 50_000},
        {"key": "secret", "type": "text", "label": label("内部", "Secret")},
    ],
    "validations": [
        {
            "code": "pattern",
            "expr": "LEN(uscc) = 18",
            "field": "uscc",
            "message": label("应为 18 位。", "18 characters are expected."),
        }
    ],
}

ORDER = {
    "key": "sale",
    "label": label("订单", "Order"),
    "title": "ref_no",
    "fields": [
        {"key": "ref_no", "type": "text", "label": label("单号", "Order ref"), "unique": True},
        {
            "key": "customer",
            "type": "ref",
            "form": "customer",
            "label": label("客户", "Customer"),
            "required": True,
            "on_delete": "restrict",
        },
        {
            "key": "total",
            "type": "formula",
            "label": label("合计", "Total"),
            "result": {"type": "money"},
            "expr": "SUM(lines.amount)",
        },
        {
            "key": "lines",
            "type": "subtable",
            "label": label("明细", "Lines"),
            "fields": [
                {"key": "product", "type": "text", "label": label("产品", "Product"), "required": True},
                {"key": "qty", "type": "int", "label": label("数量", "Qty"), "required": True, "min": 1},
                {"key": "price", "type": "money", "label": label("单价", "Price")},
                {
                    "key": "amount",
                    "type": "formula",
                    "label": label("金额", "Amount"),
                    "result": {"type": "money"},
                    "expr": "qty * price",
                },
            ],
        },
    ],
}

ROLES = {
    "clerk": {
        "key": "clerk",
        "label": label("文员", "Clerk"),
        "grants": [
            {
                "form": "customer",
                "actions": ["view", "create", "import", "export"],
                "fields": {"hidden": ["secret"]},
            },
            {
                "form": "customer",
                "actions": ["update"],
                "where": "owner = $me",
                "fields": {"hidden": ["secret"]},
            },
            {"form": "region", "actions": ["view"], "where": 'code <> "HIDDEN"'},
            {"form": "sale", "actions": ["view", "create", "update", "import", "export"]},
        ],
    }
}

DESK: dict[str, dict[str, dict[str, Any]]] = {
    "app": {"desk": {"key": "desk", "label": label("台", "desk")}},
    "form": {"region": REGION, "customer": CUSTOMER, "sale": ORDER},
    "role": ROLES,
}


def publish_desk(runtime: Runtime) -> CompiledApp:
    """The app, published."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, DESK)
    with runtime.reading(SYSTEM) as work:
        return work.app("desk")


def workbook(*rows: list[Any], sheet: str = "Sheet1", formats: dict[str, str] | None = None) -> bytes:
    """An xlsx file of rows; datetimes and dates are written as such."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd hh:mm", "in_memory": True})
    page = book.add_worksheet(sheet)
    for at, row in enumerate(rows):
        page.write_row(at, 0, row)
    book.close()
    return stream.getvalue()


def run_import(
    runtime: Runtime,
    form: str,
    content: bytes,
    tmp_path: Path,
    *,
    who: Principal = SYSTEM,
    app: str = "desk",
    **options: Any,
) -> Transfer:
    """An import from beginning to end, in this process."""
    transfer = begin_import(runtime, form, content, tmp_path, who=who, app=app, **options)
    return finish(runtime, transfer)


def begin_import(
    runtime: Runtime,
    form: str,
    content: bytes,
    tmp_path: Path,
    *,
    who: Principal = SYSTEM,
    app: str = "desk",
    **options: Any,
) -> Transfer:
    """An import that nobody works on yet."""
    file = tmp_path / "upload"
    file.write_bytes(content)
    with runtime.unit_of_work(who) as work:
        compiled = work.app(app)
        return service.begin(
            work,
            compiled,
            compiled_form(compiled, form),
            ImportOptions.model_validate(options),
            file=file,
            name="upload.xlsx",
            job=False,
        )


def finish(runtime: Runtime, transfer: Transfer) -> Transfer:
    """Do what is left of an import."""
    run = ImportRun(runtime, transfer.id)
    while run.advance(seconds=10):
        pass
    return run.transfer()
