"""What references of a form need that only all forms together tell: trees they lead into, link tables, the
lists of records that refer to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.context import Context
from engine.findings import Text
from forms.compiled import ChildTable, Field, Form, Referring, RowKind
from forms.field_types.backlink import Backlink
from forms.read_fields import field_pointer
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS
from forms.tables import link_table

LONGEST = 60
"""Letters of a table name, for which PostgreSQL has room."""


def check_relations(
    form: Form, child: ChildTable | None, forms: Mapping[str, Form], context: Context
) -> None:
    """Give references into trees the operator `under`; add findings about link tables and backlinks."""
    row: RowKind = child or form
    for field in row.fields.values():
        if field.refers and not field.system and _in_tree(field, {**context.abroad, **forms}):
            field.kind.operators = tuple(dict.fromkeys((*field.kind.operators, "under")))
        if field.linked and len(link_table(row, field)) > LONGEST:
            context.error(
                "key_too_long",
                f"{field_pointer(form, child, field.key)}/key",
                Text(
                    zh="应用键、表单键、子表键与字段键合起来过长。",
                    en="The keys of app, form, child table and field together are too long for a table name.",
                ),
                Text(zh="请缩短其中之一。", en="Shorten one of them."),
            )
    for item in row.layout:
        if isinstance(item.kind, Backlink):
            _read_backlink(item.kind, form, field_pointer(form, child, item.key), forms, context)


def _in_tree(field: Field, forms: Mapping[str, Form]) -> bool:
    target = forms.get(str(field.target))
    return field.target in SYSTEM_FORMS or (target is not None and target.shape.tree is not None)


def _read_backlink(
    kind: Backlink, form: Form, pointer: str, forms: Mapping[str, Form], context: Context
) -> None:
    """Let expressions know the records it lists by its key; what is wrong with it goes to `context`."""
    options = kind.options
    source = forms.get(options.form)
    if source is None:
        context.unknown("unknown_form", f"{pointer}/form", options.form, forms, Text(zh="表单", en="form"))
        return
    link = source.fields.get(options.link)
    if link is None or form.key not in link.targets:
        context.error(
            "bad_link",
            f"{pointer}/link",
            Text(
                zh=f"“{options.link}”不是“{options.form}”中指向本表单的引用字段。",
                en=f"'{options.link}' is not a field of '{options.form}' that refers to this form.",
            ),
        )
    else:
        form.referring[options.key] = Referring(source.key, options.link)
        form.shape.referred[options.key] = (source.shape, options.link)
    for index, name in enumerate(options.show):
        if source.find(name.partition(".")[0]) is None and source.find(name.replace(".", PART)) is None:
            context.unknown(
                "unknown_field",
                f"{pointer}/show/{index}",
                name,
                source.fields,
                Text(zh="字段", en="field"),
            )
