"""Files in records: who may put them in, who may read them, what fields ask of them."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.files import repository
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from forms.attachments import FileLinks
from tests.api.test_files import VISITS, saved, upload, uploaded
from tests.engine.files.pictures import exif, picture
from tests.engine.files.test_sniff import office
from tests.forms.visits import publish_visits
from tests.support.prepared import prepared_by

REVIEWS = "/apps/field/forms/review/records"


@pytest.fixture
@prepared_by(publish_visits)
def li(people, as_user):
    return as_user("li")


def files_of(user, record, path=VISITS):
    return [(each["field"], each["id"]) for each in user.get(f"{path}/{record['id']}/files").json()["items"]]


def codes(answer):
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def photo(user, name="p.jpg", **more):
    return uploaded(user, picture("JPEG", exif=exif(**more)), name, source="camera")["id"]


def test_who_reads_the_record_reads_its_files(li, as_user):
    paper, shot = uploaded(li)["id"], photo(li)
    visit = saved(li, paper=paper, photos=[shot])
    assert files_of(li, visit) == [("paper", paper), ("photos", shot)]
    assert li.get(f"{VISITS}/{visit['id']}/files/{paper}").content == b"hello"
    assert as_user("root").get(f"{VISITS}/{visit['id']}/files/{paper}").content == b"hello"
    for path in ("", f"/{paper}", f"/{shot}"):
        answer = as_user("sun").get(f"{VISITS}/{visit['id']}/files{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "record_not_found")


def test_a_hidden_field_hides_its_file(li, as_user):
    paper, receipt, shot = uploaded(li)["id"], uploaded(li, b"2", "r.txt")["id"], photo(li)
    visit = saved(li, paper=paper, photos=[shot], lines=[{"receipt": receipt}])
    assert ("lines.receipt", receipt) in files_of(li, visit)
    wang = as_user("wang")
    assert files_of(wang, visit) == [("photos", shot)]
    assert wang.get(f"{VISITS}/{visit['id']}/files/{shot}").status_code == 200
    for hidden in (paper, receipt):
        answer = wang.get(f"{VISITS}/{visit['id']}/files/{hidden}")
        assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


def test_a_hidden_file_does_not_come_out_through_another_record(li, as_user):
    paper, shot = uploaded(li)["id"], photo(li)
    saved(li, paper=paper, photos=[shot])
    wang = as_user("wang")
    assert codes(wang.post(REVIEWS, {"extra": paper})) == [("/extra", "file_not_found")]
    taken = wang.post(REVIEWS, {"extra": shot})
    assert taken.status_code == 201
    assert files_of(wang, taken.json(), REVIEWS) == [("extra", shot)]


def test_a_file_of_another_record_is_not_read_through_this_one(li):
    first, second = uploaded(li)["id"], uploaded(li, b"2")["id"]
    one, _other = saved(li, paper=first), saved(li, paper=second)
    assert li.get(f"{VISITS}/{one['id']}/files/{second}").status_code == 404


def test_a_copied_field_brings_its_file(li, as_user):
    paper = uploaded(li)["id"]
    visit = saved(li, paper=paper)
    review = li.post(REVIEWS, {"visit": visit["id"]}).json()
    assert review["paper"] == paper
    li.patch(f"{VISITS}/{visit['id']}", {"paper": None})
    assert li.get(f"{REVIEWS}/{review['id']}/files/{paper}").content == b"hello"


def test_the_recycle_bin_keeps_files_and_gives_them_to_nobody(li, runtime):
    paper = uploaded(li)["id"]
    visit = saved(li, paper=paper)
    li.delete(f"{VISITS}/{visit['id']}")
    assert li.get(f"{VISITS}/{visit['id']}/files/{paper}").status_code == 404
    assert li.get(f"/uploads/{paper}").status_code == 404
    with runtime.reading(SYSTEM) as work:
        assert work.row("SELECT loose_since FROM ff_file") == (None,)


def test_a_restored_record_has_its_files_and_a_purged_one_lets_go(li, as_user, runtime):
    drawn = uploaded(li, picture("PNG"), "s.png")["id"]
    visit = saved(li, signed=drawn)
    path, root = f"{VISITS}/{visit['id']}", as_user("root")
    li.delete(path)
    unit = root.get("/apps/field/recycle").json()["items"][0]["unit"]
    assert root.post(f"/apps/field/recycle/{unit}:restore").status_code == 200
    assert files_of(li, visit) == [("signed", drawn)]
    li.delete(path)
    unit = root.get("/apps/field/recycle").json()["items"][0]["unit"]
    assert root.delete(f"/apps/field/recycle/{unit}").status_code == 204
    assert li.get(f"/uploads/{drawn}").status_code == 200


def test_a_dry_run_holds_nothing(li):
    paper = uploaded(li)["id"]
    assert li.post(f"{VISITS}?dry_run=true", {"paper": paper}).status_code == 200
    assert li.get(f"/uploads/{paper}").status_code == 200


def test_a_change_of_other_fields_leaves_files_alone(li):
    paper, receipt = uploaded(li)["id"], uploaded(li, b"2")["id"]
    visit = saved(li, paper=paper, lines=[{"receipt": receipt}, {"note": "x"}])
    li.patch(
        f"{VISITS}/{visit['id']}", {"outlet": "new", "lines": [{"id": visit["lines"][1]["id"], "note": "y"}]}
    )
    assert files_of(li, visit) == [("paper", paper), ("lines.receipt", receipt)]
    li.patch(f"{VISITS}/{visit['id']}", {"lines": [{"id": visit["lines"][0]["id"], "$delete": True}]})
    assert files_of(li, visit) == [("paper", paper)]


def test_check_in_takes_a_photo_from_the_camera_only(li):
    """S05: without a photo and with one from the gallery a check-in is refused."""
    missing = li.post(VISITS, {"outlet": "平江路大排档", "status": "done"})
    assert codes(missing) == [("/checkin_photo", "required")]
    chosen = uploaded(li, picture("JPEG"), "p.jpg", source="gallery")["id"]
    silent = uploaded(li, picture("JPEG"), "p.jpg")["id"]
    for each in (chosen, silent):
        refused = li.post(VISITS, {"status": "done", "checkin_photo": each})
        assert codes(refused) == [("/checkin_photo", "camera_only")]
    taken = uploaded(li, picture("JPEG"), "p.jpg", source="camera")["id"]
    assert li.post(VISITS, {"status": "done", "checkin_photo": taken}).status_code == 201


@pytest.mark.parametrize(
    ("taken", "offset", "fresh"),
    [
        ("2026:03:02 09:30:00", "+08:00", True),
        ("2026:03:01 10:30:00", "", True),
        ("2026:03:01 09:30:00", "", False),
        ("2026:03:01 01:30:00", "+00:00", False),
        ("0000:00:00 00:00:00", "", True),
    ],
)
def test_a_photo_that_says_it_is_old_is_refused(li, taken, offset, fresh):
    """It is Monday 2026-03-02 10:00 in Shanghai; a day is allowed for what was taken out of reach of a net."""
    shot = photo(li, taken=taken, offset=offset)
    answer = li.post(VISITS, {"checkin_photo": shot})
    assert answer.status_code == 201 if fresh else codes(answer) == [("/checkin_photo", "photo_too_old")]


def test_content_that_was_seen_before_is_refused_under_any_name(li, as_user):
    content = picture("PNG")
    first = uploaded(li, content, "a.png")["id"]
    visit = saved(li, proof=[first])
    again = uploaded(as_user("sun"), content, "quite-another.png")["id"]
    assert codes(as_user("sun").post(VISITS, {"proof": [again]})) == [("/proof/0", "file_seen_before")]
    li.patch(f"{VISITS}/{visit['id']}", {"proof": None})
    assert li.patch(f"{VISITS}/{visit['id']}", {"proof": [first]}).status_code == 200


def test_nobody_signs_with_the_signature_of_another(li, as_user):
    drawn = uploaded(li, picture("PNG"), "s.png")["id"]
    visit = saved(li, signed=drawn)
    root = as_user("root")
    other = root.post(VISITS, {"signed": drawn})
    assert codes(other) == [("/signed", "not_your_signature")]
    assert root.patch(f"{VISITS}/{visit['id']}", {"outlet": "x"}).status_code == 200


def test_a_field_that_strips_lets_nobody_see_time_and_place(li, as_user, runtime):
    content = picture("JPEG", exif=exif(turn=6))
    shot = uploaded(li, content, "p.jpg", source="camera")
    assert shot["about"]["lat"] == "31.303200"
    visit = saved(li, photos=[shot["id"]])
    path = f"{VISITS}/{visit['id']}/files"
    at_once = as_user("wang").get(f"{path}/{shot['id']}")
    assert b"Acme" in content
    assert b"Acme" not in at_once.content
    assert at_once.headers["content-length"] == str(len(at_once.content))
    Worker(runtime).run_due()
    later = as_user("wang").get(f"{path}/{shot['id']}")
    assert (later.content, later.headers["etag"]) == (at_once.content, at_once.headers["etag"])
    told = as_user("wang").get(path).json()["items"][0]
    assert (told["about"], told["size"], told["width"]) == ({}, len(later.content), 48)
    assert b"Acme" not in later.content


def test_a_field_that_keeps_shows_what_the_picture_says(li):
    shot = photo(li)
    visit = saved(li, checkin_photo=shot)
    told = li.get(f"{VISITS}/{visit['id']}/files").json()["items"][0]
    assert told["about"] == {
        "taken_at": "2026-04-01T09:10:00+08:00",
        "lat": "31.303200",
        "lng": "120.586800",
        "camera": "Acme Phone 5",
    }


def test_two_records_may_hold_a_file_and_the_last_one_lets_go(li, runtime):
    paper = uploaded(li)["id"]
    one, two = saved(li, paper=paper), saved(li, paper=paper)
    li.patch(f"{VISITS}/{one['id']}", {"paper": None})
    assert li.get(f"{VISITS}/{two['id']}/files/{paper}").status_code == 200
    assert li.get(f"/uploads/{paper}").status_code == 404
    li.patch(f"{VISITS}/{two['id']}", {"paper": None})
    assert li.get(f"/uploads/{paper}").status_code == 200


def test_a_file_that_goes_while_a_record_takes_it_is_refused(li, runtime, monkeypatch):
    """Between the check of a save and its end the file was marked as being removed."""
    paper = uploaded(li)["id"]
    hold = repository.hold

    def late(work, *rest):
        assert repository.mark_removing(work, paper)
        return hold(work, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(repository, "hold", late)
        refused = li.post(VISITS, {"paper": paper})
    assert (refused.status_code, codes(refused)) == (422, [("/paper", "file_not_found")])
    assert li.post(VISITS, {"paper": paper}).status_code == 201


def test_forms_without_files_pay_nothing(runtime, people):
    from tests.forms.shop import field, name

    publish_visits(runtime)
    plain = {"key": "plain", "label": name("plain"), "fields": [field("text", "text")]}
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        publish(work, {"app": {"other": {"key": "other", "label": name("other")}}, "form": {"plain": plain}})
    links = FileLinks()
    with runtime.reading(SYSTEM) as work:
        assert links.concerns(work.app("field"), "visit")
        assert links.concerns(work.app("field"), "review")
        assert not links.concerns(work.app("other"), "plain")


def test_the_contents_of_files_are_not_encrypted_by_field(runtime, people):
    from engine.definitions.publish import NotPublishable

    with pytest.raises(NotPublishable) as wrong:
        publish_visits(runtime, paper={"encrypt": True}, proof={"encrypt": True}, signed={"encrypt": True})
    told = [each.pointer for each in wrong.value.findings if each.code == "cannot_encrypt"]
    assert sorted(set(told)) == [f"/forms/visit/fields/{index}/encrypt" for index in (4, 5, 6)]


def test_an_app_names_its_file_types_rightly(runtime, people):
    from engine.definitions.publish import NotPublishable

    with pytest.raises(NotPublishable) as wrong:
        publish_visits(runtime, paper={"types": ["pdf", "exel"]}, proof={"types": ["png", "pdf"]})
    told = [(each.code, each.pointer) for each in wrong.value.findings]
    assert ("unknown_file_type", "/forms/visit/fields/4/types/1") in told
    assert ("unknown_file_type", "/forms/visit/fields/5/types/1") in told


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ([], []),
        (["docm"], []),
        (["macros", "pdf"], []),
        (["docx"], [("/paper", "file_type")]),
        (["document"], [("/paper", "file_type")]),
        (["xlsm"], [("/paper", "file_type")]),
    ],
)
def test_documents_with_macros_are_taken_where_a_field_names_them_or_takes_everything(
    runtime, people, as_user, types, told
):
    publish_visits(runtime, paper={"types": types})
    user, content = as_user("li"), office("word", "document.xml", "vbaProject.bin")
    file = uploaded(user, content, "plan.docm")["id"]
    answer = user.post(VISITS, {"outlet": "x", "paper": file})
    assert (codes(answer) if answer.status_code == 422 else []) == told
    if told:
        assert "macros" in answer.json()["errors"][0]["message"]["en"]
    plain = uploaded(user, office("word", "document.xml"), "plan.docx")["id"]
    taken = not types or bool({"docx", "document"} & set(types))
    assert user.post(VISITS, {"outlet": "y", "paper": plain}).status_code == (201 if taken else 422)


def test_a_broken_upload_is_said_before_the_record_is(li):
    refused = upload(li, picture("PNG")[:500], "a.png")
    assert (refused.status_code, refused.json()["code"]) == (422, "broken_image")
