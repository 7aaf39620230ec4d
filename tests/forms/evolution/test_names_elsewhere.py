"""Keys that change places, and what else names them: words that are searched, files that are held, what is parked."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from forms.evolution import park, repository
from forms.evolution.pairs import renamed_keys
from forms.schema import FieldDocument
from tests.api.test_files import uploaded
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, name
from tests.support.client import AsUser, SignedIn

ENTRIES = "/apps/ledger/forms/entry/records"


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any]) -> Ledger:
    return Ledger(runtime)


@pytest.fixture
def root(ledger: Ledger, as_user: AsUser) -> SignedIn:
    return as_user("root")


def swap(ledger: Ledger, one: str, other: str) -> None:
    """Let two fields change places; other documents name neither."""
    first, second = ledger.field(one), ledger.field(other)
    first.update(key=second["key"], renamed_from=first["key"])
    second.update(key=first["renamed_from"], renamed_from=first["key"])


def swap_forms(ledger: Ledger, one: str, other: str) -> None:
    forms = ledger.source["form"]
    first, second = forms.pop(one), forms.pop(other)
    forms[other] = {**first, "key": other, "renamed_from": one}
    forms[one] = {**second, "key": one, "renamed_from": other}


def found(root: SignedIn, question: str) -> list[tuple[str, str]]:
    items = root.get("/apps/ledger/search", params={"q": question}).json()["items"]
    return [(each["form"], each["id"]) for each in items]


def tokens(ledger: Ledger) -> set[tuple[str, str]]:
    """(form, field) of what is searched."""
    with ledger.runtime.reading(SYSTEM) as work:
        return {(row[0], row[1]) for row in work.rows("SELECT DISTINCT form, field FROM ff_search_token")}


def links(ledger: Ledger) -> dict[str, str]:
    """Field -> the file that it holds."""
    with ledger.runtime.reading(SYSTEM) as work:
        return dict(work.rows("SELECT field, file FROM ff_file_link WHERE until IS NULL"))


def parked(ledger: Ledger) -> set[tuple[str, str | None, str | None]]:
    with ledger.runtime.reading(SYSTEM) as work:
        return {each.place for each in repository.of_app(work, "ledger")}


def test_two_fields_that_change_places_keep_their_values_and_do_it_once(ledger: Ledger) -> None:
    one = ledger.create(title="t", short_name="s", rows=[{"what": "w", "qty": 1}])
    ledger.field("rows")["fields"].append(field("note", "text"))
    ledger.publish()
    ledger.update(one, {"rows": [{"id": ledger.load(one)["rows"][0]["id"], "what": "w", "note": "n"}]})
    swap(ledger, "title", "short_name")
    swap(ledger, "rows.what", "rows.note")
    done = ledger.publish()
    assert sorted(step.pointer for step in done.steps if step.action == "rename") == [
        "/forms/entry/fields/rows/fields/note", "/forms/entry/fields/rows/fields/what",
        "/forms/entry/fields/short_name", "/forms/entry/fields/title",
    ]  # fmt: skip
    two = ledger.create(title="t2", short_name="s2")
    for _again in range(2):
        record, row = ledger.load(one), ledger.load(one)["rows"][0]
        assert (record["title"], record["short_name"], row["what"], row["note"]) == ("s", "t", "n", "w")
        assert ledger.values("title", [two]) == ["t2"]
        ledger.field("size")["label"] = name("how large")
        assert ledger.publish().steps == ()
    swap(ledger, "title", "short_name")
    ledger.publish()
    assert (ledger.values("title", [one, two]), ledger.load(one)["short_name"]) == (["t", "s2"], "s")


def test_searched_words_follow_fields_that_change_places(ledger: Ledger, root: SignedIn) -> None:
    ledger.source["form"]["entry"]["search"] = ["short_name", "title"]
    ledger.publish()
    one = ledger.create(title="green barley", short_name="red wheat")
    swap(ledger, "title", "short_name")
    ledger.publish()
    assert found(root, "barley") == found(root, "wheat") == [("entry", one)]
    ledger.update(one, {"short_name": "blue oats"})
    assert (found(root, "barley"), found(root, "oats")) == ([], [("entry", one)])
    assert found(root, "wheat") == [("entry", one)]


def test_words_of_a_field_that_gives_up_a_searched_key_are_found_no_more(
    ledger: Ledger, root: SignedIn
) -> None:
    ledger.source["form"]["entry"]["search"] = ["title"]
    ledger.publish()
    one = ledger.create(title="green barley", short_name="red wheat")
    swap(ledger, "title", "short_name")
    ledger.publish()
    Worker(ledger.runtime).run_due()
    assert (found(root, "barley"), found(root, "wheat")) == ([], [("entry", one)])


def test_forms_that_change_places_keep_their_records_words_and_what_they_parked(
    ledger: Ledger, root: SignedIn
) -> None:
    other = {"key": "other", "label": name("other"), "fields": [field("title", "text"), field("a", "int")]}
    ledger.source["form"]["other"] = {**other, "search": ["title"]}
    ledger.source["form"]["entry"]["search"] = ["title"]
    ledger.publish()
    one, two = ledger.create(title="green barley", size=3), ledger.create("other", title="red wheat", a=4)
    ledger.remove("size")
    ledger.publish(approve=["/forms/entry/fields/size"])
    swap_forms(ledger, "entry", "other")
    ledger.publish()
    assert (ledger.load(one, "other")["title"], ledger.load(two)["a"]) == ("green barley", 4)
    assert found(root, "barley") == [("other", one)]
    assert found(root, "wheat") == [("entry", two)]
    assert parked(ledger) == {("other", None, "size")}
    items = root.get(f"/apps/ledger/forms/entry/records/{two}/history").json()["items"]
    assert [each["changes"]["a"] for each in items] == [[None, 4]]


def test_files_follow_their_fields_and_no_others(ledger: Ledger, root: SignedIn) -> None:
    for key in ("paper", "photo"):
        ledger.fields.append(field(key, "file"))
    for key in ("a_b", "axb"):
        ledger.fields.append(
            {"key": key, "type": "subtable", "label": name(key), "fields": [field("scan", "file")]}
        )
    ledger.publish()
    files = {key: uploaded(root, content=key.encode())["id"] for key in ("paper", "photo", "a_b", "axb")}
    values = {**files, "a_b": [{"scan": files["a_b"]}], "axb": [{"scan": files["axb"]}]}
    one = root.post(ENTRIES, values).json()["id"]
    swap(ledger, "paper", "photo")
    ledger.field("a_b").update(key="lines", renamed_from="a_b")
    ledger.publish()
    assert links(ledger) == {
        "paper": files["photo"], "photo": files["paper"], "lines.scan": files["a_b"], "axb.scan": files["axb"],
    }  # fmt: skip
    assert root.get(f"{ENTRIES}/{one}/files/{files['a_b']}").content == b"a_b"
    swap(ledger, "lines", "axb")
    ledger.publish()
    assert {links(ledger)[key] for key in ("lines.scan",)} == {files["axb"]}
    record = root.get(f"{ENTRIES}/{one}").json()
    assert [each["scan"]["id"] if isinstance(each["scan"], dict) else each["scan"] for each in record["lines"]] == [
        files["axb"]
    ]  # fmt: skip


def test_a_file_that_both_fields_held_is_held_by_the_one_that_takes_the_key(
    ledger: Ledger, root: SignedIn
) -> None:
    for key in ("paper", "photo"):
        ledger.fields.append(field(key, "file"))
    ledger.publish()
    file = uploaded(root)["id"]
    record = root.post(ENTRIES, {"paper": file}).json()
    answer = root.patch(f"{ENTRIES}/{record['id']}", {"photo": file, "paper": None, "base_version": 1})
    assert answer.status_code == 200, answer.text
    ledger.remove("paper")
    ledger.publish(approve=[])
    ledger.field("photo").update(key="paper", renamed_from="photo")
    ledger.publish()
    assert links(ledger) == {"paper": file}
    assert root.get(f"{ENTRIES}/{record['id']}/files/{file}").content == b"hello"


def test_what_was_converted_is_still_restored_when_its_field_changed_places(ledger: Ledger) -> None:
    one = ledger.create(title="x", short_name="y")
    for key in ("title", "short_name"):
        ledger.field(key)["type"] = "int"
    del ledger.source["form"]["entry"]["title"]
    ledger.publish(approve=["/forms/entry/fields/title", "/forms/entry/fields/short_name"])
    swap(ledger, "title", "short_name")
    ledger.publish()
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        entries = {str(each.key): each.id for each in repository.of_app(work, "ledger")}
        park.restore(work, work.app("ledger"), entries["title"])
    assert (ledger.load(one)["title"], ledger.load(one)["short_name"]) == ("y", None)


RENAMES = [
    ("a", "b", {"b": "a"}, {"b": "a"}),
    ("a b", "a b", {"a": "b", "b": "a"}, {"a": "b", "b": "a"}),
    ("a b", "b c", {"b": "a", "c": "b"}, {"b": "a", "c": "b"}),
    ("a b", "b", {"b": "a"}, {}),
    ("a b", "a b c", {"c": "a"}, {}),
    ("a", "b c", {"b": "a", "c": "a"}, {"c": "a"}),
    ("a b", "a b", {"a": "a"}, {}),
]


@pytest.mark.parametrize(("before", "after", "said", "expected"), RENAMES)
def test_a_key_is_taken_from_what_gives_it_up(
    before: str, after: str, said: dict[str, str], expected: dict[str, str]
) -> None:
    documents = [
        {key: FieldDocument(**field(key, "text", renamed_from=origins.get(key))) for key in keys.split()}
        for keys, origins in ((before, {}), (after, said))
    ]
    assert renamed_keys(*documents) == expected
    assert renamed_keys(documents[1], documents[1]) == {}


def test_a_public_link_lets_in_what_it_did_before(ledger: Ledger, root: SignedIn, client: TestClient) -> None:
    wish = {"label": "in", "fields": ["title", "size"], "preset": {"level": "tin"}}
    made = root.post("/apps/ledger/forms/entry/links", wish).json()
    swap(ledger, "title", "short_name")
    ledger.field("level").update(key="rank", renamed_from="level")
    ledger.publish()
    answer = client.post(f"/api/v1/public/forms/{made['token']}", json={"short_name": "x", "size": 3})
    assert answer.status_code == 201, answer.text
    refused = client.post(f"/api/v1/public/forms/{made['token']}", json={"title": "y"})
    assert [each["code"] for each in refused.json()["errors"]] == ["unknown_field"]
    (record,) = root.get(ENTRIES).json()["items"]
    assert (record["short_name"], record["title"], record["rank"], record["size"]) == ("x", None, "tin", 3)
