"""Two people publish one app at the same time: what one of them did is never undone by the other unseen."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.definitions import drafts, repository
from engine.definitions.applying import Applied, Drifted, apply_files, choices, prepare_files
from engine.definitions.baseline import Baseline
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.engine.definitions.test_applying import Change, apply, relabelled, remembered, shop
from tests.forms.test_races import at_once
from tests.support.client import AsUser

PATIENCE = 20.0


class Second(threading.Thread):
    """Does something in a transaction of its own; `result` is what came of it, an error perhaps."""

    def __init__(self, runtime: Runtime, call: Callable[[], Any]) -> None:
        super().__init__()
        self.runtime, self.call, self.result = runtime, call, None

    def run(self) -> None:
        try:
            self.result = self.call()
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.result = error

    def waits(self) -> None:
        """Come back when it waits for the transaction that is open."""
        if self.runtime.database.dialect == "sqlite":
            return  # it cannot even begin
        until = time.monotonic() + PATIENCE
        while not self._waiting():
            assert self.is_alive(), self.result
            assert time.monotonic() < until, "nobody waits"

    def _waiting(self) -> bool:
        with self.runtime.reading(SYSTEM) as work:
            found = work.row("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(found and found[0])


@contextmanager
def meanwhile(runtime: Runtime, call: Callable[[], Any]) -> Iterator[Second]:
    """Let `call` wait for what the block, in a transaction, is about to commit."""
    second = Second(runtime, call)
    yield second
    second.start()
    second.waits()


def labels(runtime: Runtime) -> dict[str, str]:
    with runtime.reading(SYSTEM) as work:
        return {key: form["label"]["en"] for key, form in work.app("shop").source["form"].items()}


def both(
    runtime: Runtime, first: Change, second: Change, at: tuple[str, str]
) -> tuple[dict[str, Baseline], dict[str, str], Any]:
    """What both folders remember, the labels of the forms, and what came of the second folder when it is applied
    while the first one is.
    """
    base = remembered(apply(runtime, shop(), {}))
    later = shop(**{at[1]: second})
    with runtime.reading(SYSTEM) as work:
        prepared = prepare_files(work, later, base, choices())

    def go() -> Applied:
        with runtime.unit_of_work(SYSTEM) as work:
            return apply_files(work, later, base, choices(), prepared=prepared)

    with runtime.unit_of_work(SYSTEM) as work, meanwhile(runtime, go) as other:
        apply_files(work, shop(**{at[0]: first}), base, choices())
    other.join()
    return base, labels(runtime), other.result


def test_a_folder_applied_while_another_is_does_not_undo_what_that_one_changed(runtime: Runtime) -> None:
    base, said, result = both(runtime, relabelled("Clients"), relabelled("Goods"), ("customer", "product"))
    assert isinstance(result, Drifted), result
    told = {each["document"]: each["state"] for each in result.details["documents"]}
    assert (told["/forms/customer"], said["customer"]) == ("server", "Clients")
    again = apply(runtime, shop(product=relabelled("Goods")), base, take_theirs=["/forms/customer"])
    assert (labels(runtime)["customer"], labels(runtime)["product"]) == ("Clients", "Goods")
    assert again.published.version == 3


def test_folders_that_change_one_document_clash_and_the_second_hears_of_it(runtime: Runtime) -> None:
    _, said, result = both(runtime, relabelled("Clients"), relabelled("Buyers"), ("customer", "customer"))
    assert isinstance(result, Drifted)
    assert result.pointer == "/forms/customer"
    assert said["customer"] == "Clients"


def test_what_is_drafted_while_somebody_publishes_the_draft_is_not_forgotten(runtime: Runtime) -> None:
    apply(runtime, shop(), {})
    with runtime.reading(SYSTEM) as work:
        forms = copy.deepcopy({key: dict(each) for key, each in work.app("shop").source["form"].items()})
    for key in ("customer", "product"):
        forms[key]["label"] = {"zh": key, "en": f"new {key}"}
    with runtime.unit_of_work(SYSTEM) as work:
        drafts.put_document(work, "shop", "form", "customer", forms["customer"])

    def go() -> Any:
        with runtime.unit_of_work(SYSTEM) as work:
            return drafts.publish_draft(work, "shop")

    with runtime.unit_of_work(SYSTEM) as work, meanwhile(runtime, go) as publisher:
        work.app("shop")  # as a writer, whom a publish waits for
        drafts.put_document(work, "shop", "form", "product", forms["product"])
    publisher.join()
    assert publisher.result.changed
    with runtime.reading(SYSTEM) as work:
        drafted = drafts.drafted(work, "shop")["form"]
        left = {each["key"] for each in repository.drafts(work.connection, "shop")}
    assert {key: drafted[key]["label"]["en"] for key in ("customer", "product")} == {
        "customer": "new customer",
        "product": "new product",
    }
    assert left <= {"product"}


def test_what_is_drafted_anew_while_a_publish_clears_the_draft_stays(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(runtime, shop(), {})
    with runtime.reading(SYSTEM) as work:
        form = copy.deepcopy(dict(work.app("shop").source["form"]["customer"]))

    def draft(label: str) -> None:
        with runtime.unit_of_work(SYSTEM) as work:
            said = {**form, "label": {"zh": label, "en": label}}
            drafts.put_document(work, "shop", "form", "customer", said)

    draft("first")
    again, real = Second(runtime, lambda: draft("second")), repository.drop_draft

    def drop(*given: Any) -> int:
        monkeypatch.setattr(repository, "drop_draft", real)
        again.start()
        again.join(timeout=0.5)  # it is done by then, unless it has to wait
        return real(*given)

    monkeypatch.setattr(repository, "drop_draft", drop)
    with runtime.unit_of_work(SYSTEM) as work:
        assert drafts.publish_draft(work, "shop").changed
    again.join()
    assert again.result is None
    assert labels(runtime)["customer"] == "first"
    with runtime.reading(SYSTEM) as work:
        (left,) = repository.drafts(work.connection, "shop")
    assert left["document"]["label"]["en"] == "second"


@pytest.mark.database("postgresql")
def test_of_two_who_publish_a_draft_neither_keeps_the_other_from_the_lock(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(runtime, shop(), {})
    with runtime.reading(SYSTEM) as work:
        form = {**work.app("shop").source["form"]["customer"], "label": {"zh": "客户", "en": "Clients"}}
    with runtime.unit_of_work(SYSTEM) as work:
        drafts.put_document(work, "shop", "form", "customer", form)
    gate, real = threading.Barrier(2, timeout=PATIENCE), drafts.publish

    def publish(*given: Any, **more: Any) -> Any:
        gate.wait()  # both have read what is drafted
        return real(*given, **more)

    def go() -> bool:
        with runtime.unit_of_work(SYSTEM) as work:
            return drafts.publish_draft(work, "shop").changed

    monkeypatch.setattr(drafts, "publish", publish)
    both = [Second(runtime, go) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert {each.result for each in both} == {True, False}


def test_a_draft_that_two_publish_at_once_is_published_once(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    apply(runtime, shop(), {})
    root = as_user("root")
    for round_ in range(3):
        form = root.get("/apps/shop/draft/form/customer").json()
        form["label"] = {"zh": "客户", "en": f"round {round_}"}
        assert root.put("/apps/shop/draft/form/customer", json=form).status_code == 200
        answers = at_once(2, lambda _number: root.post("/apps/shop/draft:publish", json={}))
        assert [each.status_code for each in answers] == [200, 200], [each.text for each in answers]
        assert sorted(each.json()["changed"] for each in answers) == [False, True]
        assert labels(runtime)["customer"] == f"round {round_}"
    assert len(root.get("/apps/shop/versions").json()["items"]) == 4
    assert root.get("/apps/shop/draft").json()["items"] == []
