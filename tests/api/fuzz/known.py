"""What a server has, written into its own OpenAPI document, so that random requests get past the address.

Without it nearly every random id answers 404. Addresses of forms are written out for some forms, with the
JSON Schema of their records as bodies; other ids become lists of those that exist, beside any text at all.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Ask = Callable[[str], Any]
"""The JSON that GET of an address below /api/v1 answers to an administrator."""

PREFIX = "/api/v1"
BYTES = "application/octet-stream"
FORM = PREFIX + "/apps/{app}/forms/{form}"
EXPRESSIONS = (
    *(
        "",
        "true",
        "owner = $me",
        'id = "x"',
        "1 / 0 > 1",
        "rev >= 1 and created_at < NOW()",
        "(((",
        "a.b.c = 1",
    ),
    *(
        '{"rev": {"gte": 1}}',
        '{"id": {"in": []}}',
        '{"or": []}',
        "[]",
        '{"owner": null}',
        "dept in $my_depts",
    ),
)
SORTS = ("rev", "-created_at,id", "nothing", "-", ",", "owner.name")
FIELDS = ("id", "id,rev,owner", "owner.name", "nothing", "", "*", "a.b.c.d")
HINTS: dict[str, tuple[str, ...]] = {"filter": EXPRESSIONS, "sort": SORTS, "fields": FIELDS}
REFERS = "x-form"
"""Which form the records of a reference are of."""
SYSTEM_FORMS = {"user": "/users", "dept": "/departments"}
"""Where those live that are no form of the app."""
UNSAID = ("limit", "after", "language", "filter")
"""Parameters tried where the document names none."""

LEFT_OUT = {
    ("get", PREFIX + "/events"): "never ends",
    ("post", PREFIX + "/auth/logout"): "ends the run's own token",
    ("post", PREFIX + "/auth/sessions:end_others"): "ends the run's own tokens",
    ("post", PREFIX + "/auth/login"): "locks the run's own people out",
    ("post", PREFIX + "/auth/password"): "changes the run's own password",
    ("put", PREFIX + "/organisation"): "takes the run's own people away",
}
PEOPLE = ("/users/{user}", "/users/{user}:", "/departments/{department}")
"""Nobody of the run is changed: writes below these addresses go to people who are not there."""


def enriched(
    document: dict[str, Any], ask: Ask, forms: tuple[str, ...], *, app: str = "crm"
) -> dict[str, Any]:
    """The document with the ids and records of one app."""
    known = _known(ask, app)
    about = {form: _about(ask, app, form) for form in forms}
    made = copy.deepcopy(document)
    paths: dict[str, Any] = {}
    for path, operations in made["paths"].items():
        kept = {method: each for method, each in operations.items() if (method, path) not in LEFT_OUT}
        for address, more in _addresses(path, about, app):
            for method, operation in kept.items():
                paths.setdefault(address, {})[method] = _operation(operation, method, address, known | more)
    made["paths"] = {path: each for path, each in paths.items() if each}
    return made


def _known(ask: Ask, app: str) -> dict[str, list[str]]:
    def ids(address: str, key: str = "id") -> list[str]:
        found = ask(address)
        items = found.get("items", found) if isinstance(found, dict) else found
        return [str(each[key]) for each in items[:5]] if isinstance(items, list) else []

    documents = ask(f"/apps/{app}/documents")
    listed = documents.get("items", documents) if isinstance(documents, dict) else documents
    kinds: dict[str, list[str]] = {}
    for each in listed if isinstance(listed, list) else ():
        kinds.setdefault(each["kind"], []).append(each["key"])
    return {
        "app": [app],
        "kind": sorted(kinds),
        "key": [keys[0] for keys in kinds.values()],
        "view": kinds.get("view", [])[:5],
        "report": kinds.get("report", [])[:5],
        "rule": kinds.get("rule", [])[:3],
        "template": kinds.get("print_template", [])[:3],
        "user": ids("/users?limit=3"),
        "task": ids("/tasks?limit=3"),
        "version": ["1"],
    }


def _addresses(path: str, about: dict[str, dict[str, Any]], app: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """An address for each of the forms, with what is known of it."""
    if not path.startswith(FORM):
        yield path, {}
        return
    for form, known in about.items():
        yield path.replace("{app}", app).replace("{form}", form), known


def _about(ask: Ask, app: str, form: str) -> dict[str, Any]:
    """What is there of a form, and of those that it refers to."""
    schema = ask(f"/apps/{app}/forms/{form}/schema")
    return {
        "record": _ids(ask, app, form),
        "field": list(schema["properties"])[:8],
        "*": schema,
        "ids": {to: _ids(ask, app, to) for to in sorted(_referred(schema))},
    }


def _ids(ask: Ask, app: str, form: str) -> list[str]:
    """Some records of a form; of people, who is there."""
    address = SYSTEM_FORMS.get(form, f"/apps/{app}/forms/{form}/records")
    return [str(each["id"]) for each in ask(f"{address}?limit=3")["items"][:3]]


def _referred(schema: Any) -> set[str]:
    """The forms that some place of a schema refers to."""
    if isinstance(schema, list):
        return {form for each in schema for form in _referred(each)}
    if not isinstance(schema, dict):
        return set()
    own = {schema[REFERS]} if isinstance(schema.get(REFERS), str) else set()
    return own | _referred(list(schema.values()))


def _operation(operation: dict[str, Any], method: str, address: str, known: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(operation)
    made.pop("operationId", None)
    made["parameters"] = [
        _parameter(each, method, address, known)
        for each in made.get("parameters", [])
        if each["in"] != "path" or f"{{{each['name']}}}" in address
    ]
    if method == "get" and not any(each["in"] == "query" for each in made["parameters"]):
        made["parameters"] += [{"name": name, "in": "query", "schema": _text(name)} for name in UNSAID]
    if method in {"post", "put", "patch"}:
        body = made.setdefault(
            "requestBody", {"content": {"application/json": {"schema": {"type": "object"}}}}
        )
        if "application/zip" in body["content"]:  # random bytes are no archive anyway
            body["content"] = {BYTES: body["content"]["application/zip"]}
        content = body["content"].get("application/json")
        if content is not None and content["schema"] == {"$ref": "#/components/schemas/Record"}:
            content["schema"] = _writable(known["*"], known["ids"], whole=method == "post")
    return made


def _parameter(given: dict[str, Any], method: str, address: str, known: dict[str, Any]) -> dict[str, Any]:
    name = given["name"]
    if given["in"] == "path":
        writing = method != "get" and any(part in address for part in PEOPLE)
        there = [] if writing else known.get(name, [])
        # one in so many goes to something that is not there
        return {**given, "schema": {"enum": [*there, "nothing-there"]}}
    if given["in"] == "query" and given.get("schema", {}).get("type") == "string":
        return {**given, "schema": _text(name)}
    return given


def _text(name: str) -> dict[str, Any]:
    hints = HINTS.get(name)
    return {"anyOf": [{"enum": list(hints)}, {"type": "string"}]} if hints else {"type": "string"}


def _writable(schema: dict[str, Any], ids: dict[str, list[str]], *, whole: bool) -> dict[str, Any]:
    """What a client may send of a record, without the words that only explain; `whole` with all that it needs.

    References are ids of records that are there, else nearly nothing would be saved.
    """
    properties = {key: _bare(each, ids) for key, each in schema["properties"].items() if not _read_only(each)}
    needed = [key for key in schema.get("required", ()) if key in properties] if whole else []
    return {"type": "object", "properties": properties, "additionalProperties": False, "required": needed}


def _read_only(schema: Any) -> bool:
    """Whether a field is only read; one that may be empty says so in its first form."""
    if not isinstance(schema, dict):
        return False
    return any(_read_only(each) for each in schema.get("anyOf", ())) or bool(schema.get("readOnly"))


def _bare(schema: Any, ids: dict[str, list[str]]) -> Any:
    if isinstance(schema, list):
        return [_bare(each, ids) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = ids.get(schema.get(REFERS, ""))
    if found and schema.get("type") == "string":
        return {"enum": found}
    made = {name: _bare(value, ids) for name, value in schema.items() if not name.startswith("x-")}
    if isinstance(rows := made.get("properties"), dict):
        made["properties"] = {
            key: value for key, value in rows.items() if not _read_only(schema["properties"][key])
        }
    return made
