"""Files over HTTP: uploads small and large, ranges, headers, and who gets what."""

from __future__ import annotations

import hashlib
import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import TryAgain
from engine.files.jobs.file_cleanup import arm
from engine.files.opened import store_of
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.settings import Settings
from tests.engine.files.pictures import exif, picture
from tests.forms.visits import publish_visits
from tests.support.prepared import prepared_by

VISITS = "/apps/field/forms/visit/records"
PART = 1000


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        database_url=database_url,
        file_part_size=PART * 100,
        file_limit=PART * 500,
        file_quota=PART * 600,
    )


@pytest.fixture
@prepared_by(publish_visits)
def li(people, as_user):
    return as_user("li")


def upload(user, content=b"hello", name="note.txt", **more):
    return user.request("POST", "/uploads", params={"name": name, **more}, content=content)


def uploaded(user, content=b"hello", name="note.txt", **more):
    answer = upload(user, content, name, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def saved(user, **values):
    answer = user.post(VISITS, values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def stored(runtime) -> set[str]:
    """Keys of everything that lies in the store."""
    return {key for prefix in ("original", "part", "preview") for key in store_of(runtime).sizes(prefix)}


def test_a_small_file_goes_in_one_request(li, runtime):
    answer = upload(li, "合同".encode(), "合同.txt", source="file")
    assert answer.status_code == 201
    told = answer.json()
    assert told["state"] == "stored"
    assert (told["name"], told["size"], told["type"], told["uploaded_by"]) == (
        "合同.txt",
        6,
        "text/plain",
        "li",
    )
    assert told["sha256"] == hashlib.sha256("合同".encode()).hexdigest()
    assert li.get(answer.headers["location"]).json() == told
    content = li.get(answer.headers["location"] + "/content")
    assert (content.content.decode(), content.headers["content-type"]) == (
        "合同",
        "text/plain; charset=utf-8",
    )


def test_an_upload_is_its_uploaders_alone(li, as_user):
    file = uploaded(li)["id"]
    for other in ("sun", "root"):
        for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
            answer = as_user(other).request(method, f"/uploads/{file}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")
        refused = as_user(other).post("/apps/field/forms/review/records", {"extra": file})
        told = [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
        assert (refused.status_code, told) == (422, [("/extra", "file_not_found")])


def test_a_large_file_comes_in_parts_in_any_order(li, runtime):
    content = os.urandom(PART * 250)
    begun = li.post("/uploads:begin", {"name": "scan.bin", "size": len(content)})
    assert begun.status_code == 201
    path, step = begun.headers["location"], begun.json()["part_size"]
    for offset in (2 * step, 0):
        part = li.request(
            "PUT", f"{path}/parts", params={"offset": offset}, content=content[offset : offset + step]
        )
        assert part.status_code == 200, part.text
    early = li.post(f"{path}:complete", {"sha256": hashlib.sha256(content).hexdigest()})
    assert (early.status_code, early.json()["code"]) == (409, "parts_missing")
    assert early.json()["details"]["offsets"] == [step]
    assert li.get(path).json()["received"] == [
        {"offset": 0, "size": step},
        {"offset": 2 * step, "size": len(content) - 2 * step},
    ]
    li.request("PUT", f"{path}/parts", params={"offset": step}, content=b"x" * step)
    wrong = li.post(f"{path}:complete", {"sha256": hashlib.sha256(content).hexdigest()})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "hash_mismatch")
    li.request("PUT", f"{path}/parts", params={"offset": step}, content=content[step : 2 * step])
    done = li.post(f"{path}:complete", {"sha256": hashlib.sha256(content).hexdigest().upper()})
    assert done.status_code == 200, done.text
    assert done.json()["type"] == "application/octet-stream"
    again = li.post(f"{path}:complete", {"sha256": hashlib.sha256(content).hexdigest()})
    assert again.json() == done.json()
    late = li.request("PUT", f"{path}/parts", params={"offset": 0}, content=content[:step])
    assert (late.status_code, late.json()["code"]) == (409, "upload_closed")
    assert li.get(f"{path}/content").content == content
    Worker(runtime).run_due()
    assert [key.partition("/")[0] for key in stored(runtime)] == ["original"]


@pytest.mark.parametrize(
    ("offset", "length"), [(1, 100), (0, 99), (PART * 100, PART * 100 - 1), (PART * 900, 1)]
)
def test_a_part_begins_and_ends_where_parts_do(li, offset, length):
    begun = li.post("/uploads:begin", {"name": "scan.bin", "size": PART * 300})
    part = li.request(
        "PUT", f"{begun.headers['location']}/parts", params={"offset": offset}, content=b"x" * length
    )
    assert (part.status_code, part.json()["code"]) == (422, "part_out_of_place")


def test_a_file_that_is_refused_leaves_nothing(li, runtime):
    refused = upload(li, b"#!/bin/sh\n", "photo.png")
    assert (refused.status_code, refused.json()["code"]) == (422, "dangerous_file")
    content = b"<html>" + b" " * 100
    path = li.post("/uploads:begin", {"name": "x.txt", "size": len(content)}).headers["location"]
    li.request("PUT", f"{path}/parts", params={"offset": 0}, content=content)
    refused = li.post(f"{path}:complete", {"sha256": hashlib.sha256(content).hexdigest()})
    assert refused.json()["code"] == "dangerous_file"
    Worker(runtime).run_due()
    assert stored(runtime) == set()
    assert li.get(path).status_code == 404
    assert not list((runtime.settings.file_folder() / "incoming").iterdir())


def test_limits_are_said(li):
    large = upload(li, b"x" * (PART * 100 + 1))
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    huge = li.post("/uploads:begin", {"name": "x.bin", "size": PART * 501})
    assert (huge.status_code, huge.json()["code"]) == (413, "file_too_large")
    assert huge.json()["details"] == {"limit": PART * 500}
    li.post("/uploads:begin", {"name": "x.bin", "size": PART * 400})
    more = li.post("/uploads:begin", {"name": "x.bin", "size": PART * 300})
    assert (more.status_code, more.json()["code"]) == (422, "upload_quota")


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({}, "/name"),
        ({"name": "x.txt", "source": "scanner"}, "/source"),
        ({"name": "x.txt", "sha256": "12"}, "/sha256"),
    ],
)
def test_wrong_parameters_are_refused(li, parameters, pointer):
    answer = li.request("POST", "/uploads", params=parameters, content=b"x")
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)


def test_a_file_is_not_taken_for_what_was_not_sent(li, runtime):
    wrong = upload(li, b"hello", sha256=hashlib.sha256(b"hallo").hexdigest())
    assert wrong.json()["code"] == "hash_mismatch"
    assert stored(runtime) == set()


def test_no_name_leads_out_of_the_folder(li, runtime):
    for name in ("../../../evil.txt", "/etc/passwd.txt", "..\\evil.txt", "a\x01/..%2f..%2fx.txt"):
        uploaded(li, name=name)
    files = [
        path for path in runtime.settings.home.rglob("*") if path.is_file() and "sqlite" not in path.name
    ]
    assert len(files) == 4
    assert all(path.is_relative_to(runtime.settings.file_folder() / "original" / "2026") for path in files)
    for file in ("../../x", "..%2f..%2fetc%2fpasswd", "x" * 5000):
        assert li.get(f"/uploads/{file}/content").status_code == 404


def test_ranges(li):
    path = f"/uploads/{uploaded(li, b'0123456789')['id']}/content"
    whole = li.get(path)
    tag = whole.headers["etag"]
    cases = [
        ({"range": "bytes=2-4"}, 206, b"234", "bytes 2-4/10"),
        ({"range": "bytes=7-"}, 206, b"789", "bytes 7-9/10"),
        ({"range": "bytes=-3"}, 206, b"789", "bytes 7-9/10"),
        ({"range": "bytes=-30"}, 206, b"0123456789", "bytes 0-9/10"),
        ({"range": "bytes=8-99"}, 206, b"89", "bytes 8-9/10"),
        ({"range": "bytes=2-4", "if-range": tag}, 206, b"234", "bytes 2-4/10"),
        ({"range": "bytes=2-4", "if-range": '"other"'}, 200, b"0123456789", None),
        ({"range": "bytes=1-2,4-5"}, 200, b"0123456789", None),
        ({"range": "lines=1-2"}, 200, b"0123456789", None),
        ({"range": "bytes=4-2"}, 200, b"0123456789", None),
    ]
    for headers, status, content, said in cases:
        answer = li.get(path, headers=headers)
        assert (headers, answer.status_code, answer.content) == (headers, status, content)
        assert answer.headers.get("content-range") == said
        assert answer.headers["content-length"] == str(len(content))
    for asked in ("bytes=10-", "bytes=-0", "bytes=99-100"):
        answer = li.get(path, headers={"range": asked})
        assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
        assert answer.headers["content-range"] == "bytes */10"
    head = li.request("HEAD", path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


def test_what_a_browser_has_is_not_sent_again_but_rights_are_asked_each_time(li, as_user):
    file = uploaded(li, picture("PNG"), "a.png")["id"]
    visit = saved(li, photos=[file])
    path = f"{VISITS}/{visit['id']}/files/{file}"
    first = li.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    again = li.get(path, headers={"if-none-match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert as_user("sun").get(path, headers={"if-none-match": tag}).status_code == 404


def test_nothing_runs_in_a_browser(li):
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    for content, name, shown in ((drawing, "x.svg", "attachment"), (picture("PNG"), "x.png", "inline")):
        path = f"/uploads/{uploaded(li, content, name)['id']}/content"
        answer = li.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["content-disposition"].startswith(shown)
        kept = li.get(path, params={"download": "true"})
        assert kept.headers["content-disposition"].startswith("attachment")


def test_previews_are_small_turned_and_made_once(li, runtime):
    file = uploaded(li, picture("JPEG", (300, 200), exif=exif(turn=6)), "a.jpg")["id"]
    path = f"/uploads/{file}/content"
    first, second = (li.get(path, params={"size": "160"}) for _ in range(2))
    assert first.content == second.content
    assert first.headers["content-type"] == "image/webp"
    assert Image.open(BytesIO(first.content)).size == (107, 160)
    assert first.headers["content-disposition"].startswith('inline; filename="a.webp"')
    assert f"preview/{file}/160.webp" in stored(runtime)
    assert li.get(path, params={"size": "161"}).status_code == 422
    text = f"/uploads/{uploaded(li)['id']}/content"
    assert li.get(text, params={"size": "160"}).json()["code"] == "no_preview"


def test_an_upload_that_is_not_wanted_goes_at_once(li, runtime):
    file = uploaded(li, picture("PNG"), "a.png")["id"]
    li.get(f"/uploads/{file}/content", params={"size": "160"})
    assert li.delete(f"/uploads/{file}").status_code == 204
    assert li.get(f"/uploads/{file}").status_code == 404
    Worker(runtime).run_due()
    assert stored(runtime) == set()


def test_a_file_that_a_record_holds_is_not_discarded(li):
    file = uploaded(li)["id"]
    saved(li, paper=file)
    answer = li.delete(f"/uploads/{file}")
    assert (answer.status_code, answer.json()["code"]) == (409, "file_held")


def test_uploads_that_came_to_nothing_are_cleaned_away(li, runtime, clock):
    kept = uploaded(li, b"kept", "kept.txt")["id"]
    saved(li, paper=kept)
    uploaded(li, b"loose", "loose.txt")
    path = li.post("/uploads:begin", {"name": "x.bin", "size": 10}).headers["location"]
    li.request("PUT", f"{path}/parts", params={"offset": 0}, content=b"0123456789")
    clean(runtime)
    assert len(stored(runtime)) == 3
    clock.advance(hours=25)
    clean(runtime)
    assert [key.rpartition("/")[2] for key in stored(runtime)] == [kept]
    assert rows(runtime) == [(kept, "stored")]


def test_a_file_that_its_record_let_go_of_stays_for_a_month(li, as_user, runtime, clock):
    file = uploaded(li)["id"]
    visit = saved(li, paper=file)
    li.patch(f"{VISITS}/{visit['id']}", {"paper": None})
    assert li.get(f"{VISITS}/{visit['id']}/files/{file}").status_code == 404
    clock.advance(days=29)
    clean(runtime)
    li = as_user("li")
    assert li.patch(f"{VISITS}/{visit['id']}", {"paper": file}).status_code == 200
    li.patch(f"{VISITS}/{visit['id']}", {"paper": None})
    clock.advance(days=31)
    clean(runtime)
    li = as_user("li")
    assert stored(runtime) == set()
    gone = li.patch(f"{VISITS}/{visit['id']}", {"paper": file})
    assert gone.json()["errors"][0]["code"] == "file_not_found"


def test_what_a_crash_between_store_and_row_left_is_cleaned_away(li, runtime, clock, monkeypatch):
    from engine.files import uploads

    def crash(*_args, **_more):
        raise TryAgain

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "settle", crash)
        assert upload(li).status_code == 503
    assert [state for _, state in rows(runtime)] == ["receiving"]
    assert len(stored(runtime)) == 1
    file = rows(runtime)[0][0]
    assert li.get(f"/uploads/{file}/content").status_code == 404
    refused = li.post(VISITS, {"paper": file})
    assert refused.json()["errors"][0]["code"] == "file_not_found"
    clock.advance(hours=25)
    clean(runtime)
    assert (rows(runtime), stored(runtime)) == ([], set())


def test_a_crash_while_files_are_removed_is_made_good(li, runtime, clock, monkeypatch):
    from engine.files.disk import DiskStore

    uploaded(li)
    clock.advance(hours=25)

    def crash(*_args):
        raise OSError("the disk is away")

    with monkeypatch.context() as patched:
        patched.setattr(DiskStore, "remove", crash)
        clean(runtime)
    assert [state for _, state in rows(runtime)] == ["removing"]
    clock.advance(hours=2)
    clean(runtime)
    assert (rows(runtime), stored(runtime)) == ([], set())


def clean(runtime) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        arm(work, work.now)
    Worker(runtime).run_due()


def rows(runtime) -> list[tuple[str, str]]:
    with runtime.reading(SYSTEM) as work:
        return [tuple(row) for row in work.rows("SELECT id, state FROM ff_file ORDER BY id")]
