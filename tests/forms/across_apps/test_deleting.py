"""A record stays as long as records of other apps name it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.forms.across_apps.two_apps import put, visits, without

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser

RECORDS = "/apps/visits/forms/visit/records"
PEOPLE = "/apps/hr/forms/employee/records"


@pytest.mark.parametrize(
    "naming",
    [
        lambda ids: {"employee": ids["ann"]},
        lambda ids: {"helpers": [ids["bob"], ids["ann"]]},
        lambda ids: {"stops": [{"guide": ids["ann"]}]},
    ],
    ids=["ref", "refs", "in rows"],
)
def test_a_record_that_another_app_names_cannot_be_deleted(
    ids: dict[str, str], as_user: AsUser, naming: Any
) -> None:
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", **naming(ids)}).json()
    answer = root.delete(f"{PEOPLE}/{ids['ann']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "restrict")
    [name] = (
        answer.json()["references"]
        if "references" in answer.json()
        else answer.json()["details"]["references"]
    )
    assert name in ("visits.visit", "visits.visit.stops")
    assert root.delete(f"{RECORDS}/{made['id']}").status_code == 204
    assert root.delete(f"{PEOPLE}/{ids['ann']}").status_code == 204
    # what came back from the recycle bin would name nobody
    again = root.post(f"{RECORDS}/{made['id']}:restore")
    assert (again.status_code, again.json()["code"]) == (409, "not_restorable")


def test_who_may_not_see_the_other_app_hears_that_something_refers_here(
    ids: dict[str, str], as_user: AsUser, runtime: Runtime
) -> None:
    documents = visits()
    del documents["role"]["finance"]
    put(runtime, documents)
    as_user("root").post(RECORDS, {"title": "a", "employee": ids["ann"]})
    answer = as_user("zhao").delete(f"{PEOPLE}/{ids['ann']}")
    assert answer.status_code == 409
    assert "visit" not in answer.text
    assert "…" in answer.text


def test_what_no_field_names_any_more_can_be_deleted(
    ids: dict[str, str], as_user: AsUser, runtime: Runtime
) -> None:
    root = as_user("root")
    root.post(RECORDS, {"title": "a", "employee": ids["ann"]})
    documents = visits()
    form = documents["form"]["visit"]
    documents["form"]["visit"] = without(form, "employee", "told", "double")
    del documents["print_template"]
    put(runtime, documents)
    assert root.delete(f"{PEOPLE}/{ids['ann']}").status_code == 204


def test_a_deletion_and_a_new_reference_at_the_same_moment_do_not_both_win(
    ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    answers: dict[str, int] = {}
    start = threading.Barrier(2)

    def run(name: str, call: Any) -> None:
        start.wait()
        answers[name] = call().status_code

    for index in range(6):
        person = root.post(PEOPLE, {"name": f"n{index}"}).json()["id"]
        answers.clear()
        threads = [
            threading.Thread(
                target=run,
                args=(
                    "made",
                    lambda i=index, p=person: root.post(RECORDS, {"title": f"t{i}", "employee": p}),
                ),
            ),
            threading.Thread(target=run, args=("deleted", lambda p=person: root.delete(f"{PEOPLE}/{p}"))),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers.values()) in ([201, 409], [204, 422]), answers
