"""Files that people without an account send with an entry."""

from __future__ import annotations

from typing import Any

import pytest

from forms.public_links import guest_files
from tests.forms.shop import name
from tests.support.prepared import prepared_by, publishing

FORM = "/apps/fair/forms/claim"
CLAIM = {
    "key": "claim",
    "label": name("claim"),
    "fields": [
        {"key": "what", "type": "text", "label": name("what"), "required": True},
        {"key": "paper", "type": "file", "label": name("paper"), "types": ["text"]},
        {"key": "photos", "type": "images", "label": name("photos"), "max_count": 2},
        {"key": "proof", "type": "file", "label": name("proof"), "never_seen": True},
    ],
}
WISH = {"label": "理赔", "fields": ["what", "paper", "photos"]}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
@prepared_by(publishing({"app": {"fair": {"key": "fair", "label": name("fair")}}, "form": {"claim": CLAIM}}))
def root(people: Any, as_user: Any) -> Any:
    return as_user("root")


def link(root: Any, **more: Any) -> str:
    answer = root.post(f"{FORM}/links", {**WISH, **more})
    assert answer.status_code == 201, answer.text
    return f"/api/v1/public/forms/{answer.json()['token']}"


def send(client: Any, address: str, content: bytes = b"receipt 42", called: str = "receipt.txt") -> Any:
    return client.post(f"{address}/files", params={"name": called}, content=content)


def test_a_file_comes_with_the_entry_and_is_read_by_the_people_of_the_form(root: Any, client: Any) -> None:
    address = link(root)
    sent = send(client, address)
    assert (sent.status_code, sent.json()["type"], sent.json()["size"]) == (201, "text/plain", 10)
    file = sent.json()["id"]
    entry = client.post(address, json={"what": "a", "paper": file})
    assert entry.status_code == 201, entry.text
    (record,) = root.get(f"{FORM}/records").json()["items"]
    assert record["paper"] == file
    assert root.get(f"{FORM}/records/{record['id']}/files/{file}").content == b"receipt 42"
    # a file is given once: another entry cannot name it to learn or keep what is in it
    again = client.post(address, json={"what": "b", "paper": file})
    assert again.json()["errors"][0]["code"] == "file_not_found"


def test_only_files_of_this_very_link_may_be_named(root: Any, client: Any) -> None:
    address, other = link(root), link(root)
    theirs = send(client, other).json()["id"]
    inside = root.post("/uploads", params={"name": "a.txt"}, content=b"secret").json()["id"]
    held = root.post("/uploads", params={"name": "b.txt"}, content=b"secret").json()["id"]
    root.post(f"{FORM}/records", {"what": "x", "paper": held})
    for file in (theirs, inside, held, "01900000-0000-7000-8000-00000000ffff"):
        answer = client.post(address, json={"what": "a", "paper": file})
        told = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
        assert (answer.status_code, told) == (422, [("/paper", "file_not_found")])
    assert root.get(f"{FORM}/records", params={"count": "exact"}).json()["count"] == 1


def test_what_a_field_asks_of_a_file_is_asked_of_guests_too(root: Any, client: Any) -> None:
    address = link(root)
    file = send(client, address).json()["id"]
    answer = client.post(address, json={"what": "a", "photos": [file]})
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/photos/0", "file_type")
    ]
    assert send(client, address, SVG, "photo.svg").json()["code"] == "unsafe_svg"
    assert send(client, address, b"<script>alert(1)</script>", "photo.png").json()["code"] == "dangerous_file"
    assert send(client, address, b"MZ\x90\x00" + b"\0" * 200, "photo.jpg").status_code == 422


def test_a_link_without_file_fields_or_closed_takes_no_files(root: Any, client: Any) -> None:
    plain = link(root, fields=["what"])
    assert send(client, plain).json()["code"] == "no_files_taken"
    made = root.post(f"{FORM}/links", WISH).json()
    root.delete(f"{FORM}/links/{made['id']}")
    assert send(client, f"/api/v1/public/forms/{made['token']}").status_code == 410
    assert send(client, "/api/v1/public/forms/ffp_x").json()["code"] == "link_not_found"
    refused = root.post(f"{FORM}/links", {**WISH, "fields": ["what", "proof"]})
    assert refused.json()["errors"][0]["code"] == "not_public", "whether a content is known is told to nobody"


def test_guests_cannot_fill_the_store(root: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, other = link(root), link(root)
    monkeypatch.setattr(guest_files, "PER_GUEST", 2)
    codes = [send(client, address).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    monkeypatch.setattr(guest_files, "LINK_BYTES", 15)
    assert [send(client, other).status_code for _ in range(2)] == [201, 429]


def test_a_file_too_many_is_refused_before_it_comes(
    root: Any, client: Any, runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = link(root)
    monkeypatch.setattr(guest_files, "PER_GUEST", 1)
    assert send(client, address).status_code == 201
    received = []
    monkeypatch.setattr("api.receiving._write", lambda *given: received.append(given))
    refused = send(client, address)
    assert (refused.status_code, refused.json()["code"], received) == (429, "too_many_entries", [])


def test_who_announces_more_than_a_link_may_hold_is_refused_at_once(
    root: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = link(root)
    monkeypatch.setattr(guest_files, "LINK_BYTES", 9)
    assert send(client, address, b"123456789").status_code == 201
    assert send(client, address, b"1").json()["code"] == "too_many_entries"
