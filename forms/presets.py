"""Values that grants give to a new record, and that its holder cannot choose otherwise."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from engine.errors import Invalid
from engine.findings import Finding, Text
from engine.permissions.compiled import GrantSet
from engine.protocols import Record
from forms.access import Access
from forms.compiled import Form
from forms.environment import environment


def apply_presets(
    access: Access, form: Form, grants: GrantSet, values: Record, *, without: Collection[str] = ()
) -> Record:
    """The values with what the grants preset, but for the fields `without`. A field that one of the grants leaves
    free may be given; otherwise only what one of them presets. Raises Invalid.
    """
    presets_of = [name for grant in grants.grants for name in grant.presets]
    names = dict.fromkeys(name for name in presets_of if name not in without)
    if not names:
        return values
    env = environment(access.work, access.app)
    findings: list[Finding] = []
    filled = dict(values)
    for name in names:
        presets = [grant.presets.get(name) for grant in grants.grants]
        allowed = [_value(form, name, each.evaluate(values, env)) for each in presets if each is not None]
        if name not in values:
            filled[name] = allowed[0]
        elif None not in presets and values[name] not in allowed:
            findings.append(_preset(name))
    if findings:
        raise Invalid(findings)
    return filled


def _value(form: Form, name: str, value: Any) -> Any:
    """A single value in the memory form of the field."""
    return (value,) if form.fields[name].several and value is not None else value


def _preset(name: str) -> Finding:
    return Finding(
        "error",
        "preset",
        f"/{name}",
        Text(zh="此字段的值由您的权限预设。", en="Your rights set the value of this field."),
        Text(zh="请去掉它。", en="Leave it out."),
    )
