"""A JSON Schema becomes the draft of a form. Pure.

What a form can say is taken over: types, formats, bounds, choices, titles, defaults, what is required. What
it cannot is remarked on; a part of unknown shape becomes a field with JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from engine.errors import EngineError
from engine.findings import Finding, Text, text, warning
from forms.drafting.keys import key_of, option_key
from forms.drafting.sheet import LONGEST_LABEL, NothingToDraft

DEEPEST = 8
MOST_FIELDS = 300
MOST_PARTS = 10_000
"""Parts that are looked at: references let a short schema say the same ones again and again."""
FORMATS = {
    "date": "date",
    "date-time": "datetime",
    "time": "time",
    "email": "email",
    "idn-email": "email",
    "uri": "url",
    "iri": "url",
    "url": "url",
    "phone": "phone",
}
IGNORED = ("patternProperties", "if", "not", "dependentSchemas", "unevaluatedProperties", "allOf")

Json = dict[str, Any]


class NotAnObjectSchema(EngineError):
    """The JSON Schema does not describe an object."""

    code = "not_an_object_schema"
    zh = "该 JSON Schema 描述的不是对象。"
    fix_zh = "最外层应为 type: object 且有 properties。"
    fix_en = "It must be of type object at the top, with properties."


class SchemaDraft:
    """Reads one schema; `remarks` collects what a form cannot say."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.remarks: list[Finding] = []
        self.looked_at = 0

    def document(self, *, key: str, label: Text | None) -> Json:
        """The document of the form. Raises NotAnObjectSchema, NothingToDraft."""
        whole = self._resolved(self.schema, 0)
        if not isinstance(whole.get("properties"), Mapping):
            raise NotAnObjectSchema()
        fields = list(islice(self._fields(whole, "", "", set(), 0), MOST_FIELDS))
        if not fields:
            raise NothingToDraft()
        texts = [each["key"] for each in fields if each["type"] == "text"]
        required = [each["key"] for each in fields if each["type"] == "text" and each.get("required")]
        named = label or _titled(whole, key)
        made: Json = {"key": key, "label": dict(named)}
        if isinstance(whole.get("description"), str) and whole["description"].strip():
            made["description"] = _label(whole["description"].strip())
        return {**made, "title": (required or texts or [fields[0]["key"]])[0], "fields": fields}

    def _fields(
        self, schema: Mapping[str, Any], pointer: str, prefix: str, taken: set[str], depth: int
    ) -> Iterator[Json]:
        required = schema.get("required")
        demanded = set(required) if isinstance(required, list) else set()
        for name in IGNORED:
            if name in schema:
                self._remark("not_taken_over", f"{pointer}/{name}", name)
        properties = schema.get("properties")
        for name, part in (properties if isinstance(properties, Mapping) else {}).items():
            where = f"{pointer}/properties/{_step(name)}"
            self.looked_at += 1
            if self.looked_at > MOST_PARTS:
                return
            if not isinstance(part, Mapping):
                continue
            if part.get("x-type") == "system":
                continue  # every form has it
            found = self._resolved(part, depth)
            if (
                _types(found) == {"object"}
                and isinstance(found.get("properties"), Mapping)
                and depth < DEEPEST
            ):
                yield from self._fields(found, where, f"{prefix}{name}_", taken, depth + 1)
                continue
            key = key_of(f"{prefix}{name}", taken)
            taken.add(key)
            yield self._field(found, where, key, str(name), required=name in demanded, depth=depth)

    def _field(
        self, schema: Mapping[str, Any], pointer: str, key: str, name: str, *, required: bool, depth: int
    ) -> Json:
        made: Json = {"key": key, **self._typed(schema, pointer, depth)}
        made["label"] = _titled(schema, name)
        if isinstance(schema.get("description"), str) and schema["description"].strip():
            made["help"] = _label(schema["description"].strip())
        if required and made["type"] != "subtable":
            made["required"] = True
        if schema.get("readOnly") is True:
            made["readonly"] = True
        default = schema.get("default")
        if isinstance(default, str | int | bool) and made["type"] not in ("subtable", "json"):
            made["default"] = str(default) if made["type"] in ("decimal", "money") else default
        return made

    def _typed(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Json:
        choices = _choices(schema)
        if choices:
            return {"type": "select", "options": choices}
        form = schema.get("x-form")
        if isinstance(form, str):
            return {"type": "ref", "form": form}
        kinds = _types(schema)
        read = READERS.get(next(iter(kinds))) if len(kinds) == 1 else None
        if read is not None:
            return read(self, schema, pointer, depth)
        self._remark("kept_as_json", pointer, "/".join(sorted(kinds)) or "?")
        return {"type": "json"}

    def _text(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Json:
        kind = FORMATS.get(str(schema.get("format", "")))
        if kind is not None:
            return {"type": kind}
        longest = schema.get("maxLength")
        made: Json = {"type": "text"}
        if isinstance(longest, int) and longest > 0:
            made = {"type": "textarea" if longest > 4000 else "text", "max_length": min(longest, 100_000)}
        if isinstance(schema.get("pattern"), str) and made["type"] == "text":
            made["pattern"] = schema["pattern"]
        return made

    def _whole(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Json:
        return {"type": "int", **_bounds(schema, whole=True)}

    def _decimal(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Json:
        step = schema.get("multipleOf")
        scale = len(f"{step:f}".rstrip("0").partition(".")[2]) if isinstance(step, int | float) else 2
        return {"type": "decimal", "scale": min(scale, 6), **_bounds(schema, whole=False)}

    def _bool(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Json:
        return {"type": "bool"}

    def _list(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Json:
        items = schema.get("items")
        found = self._resolved(items, depth) if isinstance(items, Mapping) else {}
        choices = _choices(found)
        if choices:
            return {"type": "multiselect", "options": choices}
        if _types(found) == {"string"}:
            return {"type": "tags"}
        rows = self._fields(found, f"{pointer}/items", "", set(), depth + 1) if depth == 0 else ()
        fields = list(islice(rows, MOST_FIELDS))
        plain = [each for each in fields if each["type"] != "subtable"]
        if plain:
            bounds = {"min_rows": schema.get("minItems"), "max_rows": schema.get("maxItems")}
            limits = {name: most for name, most in bounds.items() if isinstance(most, int) and most > 0}
            return {"type": "subtable", "fields": plain[:100], **limits}
        self._remark("kept_as_json", pointer, "array")
        return {"type": "json"}

    def _resolved(self, schema: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """The schema that a local $ref leads to; one that leads nowhere, or round in a circle, is open."""
        seen = 0
        while isinstance(reference := schema.get("$ref"), str):
            target = _find(self.schema, reference)
            seen += 1
            if target is None or seen > DEEPEST:
                self._remark("reference_unknown", reference[:100], reference[:60])
                return {}
            schema = {**target, **{key: each for key, each in schema.items() if key != "$ref"}}
        return self._present(schema, depth)

    def _present(self, schema: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """The schema of a value that is there, where the schema says "this or null", or has further spellings that
        are only sent.
        """
        for name in ("anyOf", "oneOf"):
            given = schema.get(name)
            parts = [each for each in given if not _aside(each)] if isinstance(given, list) else []
            if len(parts) == 1 and isinstance(parts[0], Mapping) and depth < DEEPEST:
                rest = {key: each for key, each in schema.items() if key != name}
                return {**self._resolved(parts[0], depth + 1), **rest}
        return schema

    def _remark(self, code: str, pointer: str, what: str) -> None:
        said = {
            "not_taken_over": (f"“{what}”没有带入表单。", f"'{what}' is not taken over into the form."),
            "kept_as_json": (f"形状为“{what}”，存为 JSON。", f"Its shape is '{what}'; it is kept as JSON."),
            "reference_unknown": (f"找不到“{what}”。", f"'{what}' leads nowhere."),
        }[code]
        fix = text("请在草稿中补充。", "Complete it in the draft.")
        self.remarks.append(warning(code, pointer, text(*said), fix))


READERS: Mapping[str, Callable[[SchemaDraft, Mapping[str, Any], str, int], Json]] = {
    "string": SchemaDraft._text,
    "integer": SchemaDraft._whole,
    "number": SchemaDraft._decimal,
    "boolean": SchemaDraft._bool,
    "array": SchemaDraft._list,
}


def _find(schema: Mapping[str, Any], reference: str) -> Mapping[str, Any] | None:
    here: Any = schema
    if not reference.startswith("#"):
        return None
    for step in reference.removeprefix("#").split("/")[1:]:
        here = here.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else None


def _aside(part: Any) -> bool:
    return isinstance(part, Mapping) and (part == {"type": "null"} or part.get("writeOnly") is True)


def _types(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types of a value, null aside; "object" where properties say so."""
    given = schema.get("type")
    named = given if isinstance(given, list) else [given]
    found = {each for each in named if isinstance(each, str) and each != "null"}
    for name in ("anyOf", "oneOf"):
        parts = schema.get(name)
        if not found and isinstance(parts, list):
            found = {kind for part in parts if isinstance(part, Mapping) for kind in _types(part)}
    return found or ({"object"} if "properties" in schema else set())


def _choices(schema: Mapping[str, Any]) -> list[Json]:
    """The options of an enumeration: `enum`, or `oneOf` of constants with titles."""
    values = schema.get("enum")
    pairs: list[tuple[str, str]] = []
    if isinstance(values, list):
        pairs = [(each, each) for each in values if isinstance(each, str) and each.strip()]
    elif isinstance(constants := schema.get("oneOf", schema.get("anyOf")), list):
        pairs = [
            (each["const"], str(each.get("title") or each["const"]))
            for each in constants
            if isinstance(each, Mapping) and isinstance(each.get("const"), str) and each["const"].strip()
        ]
        pairs = pairs if len(pairs) == len(constants) else []
    options: list[Json] = []
    for value, title in pairs:
        keys = {each["key"] for each in options}
        plain = value.isascii() and value.replace("_", "a").isalnum() and len(value) <= 40
        key = value if plain and value not in keys else option_key(value, keys)
        options.append({"key": key, "label": _label(title)})
    return options


def _bounds(schema: Mapping[str, Any], *, whole: bool) -> Json:
    found = {"min": schema.get("minimum"), "max": schema.get("maximum")}
    numbers = {
        name: each
        for name, each in found.items()
        if isinstance(each, int | float) and not isinstance(each, bool)
    }
    return {name: int(each) if whole else str(each) for name, each in numbers.items()}


def _titled(schema: Mapping[str, Any], name: str) -> dict[str, str]:
    """What a schema calls its value; ours say it in both languages."""
    title, both = schema.get("title"), schema.get("x-label")
    said = title if isinstance(title, str) and title.strip() else name
    if isinstance(both, Mapping):
        return {language: str(both.get(language) or said)[:LONGEST_LABEL] for language in ("zh", "en")}
    return _label(said)


def _label(said: str) -> dict[str, str]:
    plain = " ".join(said.split())[:LONGEST_LABEL]
    return {"zh": plain, "en": plain}


def _step(name: str) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
