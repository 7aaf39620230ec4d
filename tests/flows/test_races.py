"""Several people at the same moment: always exactly one outcome."""

from __future__ import annotations

import threading

import pytest

from flows.errors import AlreadyHandled, FlowAlreadyRunning
from tests.flows.desk import approval, one_step

TIMES = 8


def together(*calls):
    """Runs all calls at once; their errors by position, None for those that worked."""
    barrier = threading.Barrier(len(calls))
    errors = [None] * len(calls)

    def run(index, call):
        barrier.wait()
        try:
            call()
        except Exception as failure:  # noqa: BLE001
            errors[index] = failure

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


FINANCE = one_step(approval("n", {"role": "finance"}, write=["limit"]))


def test_of_two_approvers_one_wins_and_the_other_learns_who(desk):
    desk.publish(FINANCE)
    for _ in range(TIMES):
        deal = desk.deal()
        key = desk.submit(deal)
        task = desk.task("zhao")
        amounts = {"zhao": "50000", "qian": "80000"}

        def approve(user, task=task, amounts=amounts):
            return lambda: desk.decide(user, task=task, values={"limit": amounts[user]})

        errors = dict(zip(amounts, together(approve("zhao"), approve("qian")), strict=True))
        [winner] = [user for user, failure in errors.items() if failure is None]
        [loser] = [failure for failure in errors.values() if failure is not None]
        assert isinstance(loser, AlreadyHandled), loser
        assert loser.details["by"] == winner
        assert {"zhao": "赵静", "qian": "钱进"}[winner] in loser.message["zh"]
        assert "10:00" in loser.message["zh"]
        assert desk.get(deal)["limit"] == int(amounts[winner]) * 100
        assert [item["actor"] for item in desk.timeline(key) if item["kind"] == "approved"] == [winner]
        assert desk.get(deal)["status"] == "approved"


def test_the_last_two_of_all_end_the_flow_once(desk):
    desk.publish(one_step(approval("n", {"role": "finance"}, mode="all")))
    for _ in range(TIMES):
        deal = desk.deal()
        key = desk.submit(deal)
        task = desk.task("zhao")
        errors = together(
            lambda task=task: desk.decide("zhao", task=task), lambda task=task: desk.decide("qian", task=task)
        )
        assert errors == [None, None]
        assert [item["kind"] for item in desk.timeline(key)].count("ended") == 1


def test_a_withdrawal_and_an_approval_exclude_each_other(desk):
    desk.publish(FINANCE)
    for _ in range(TIMES):
        deal = desk.deal()
        key = desk.submit(deal)
        task = desk.task("zhao")
        errors = together(
            lambda task=task: desk.decide("zhao", task=task), lambda key=key: desk.act("li", "withdraw", key)
        )
        assert sum(failure is None for failure in errors) == 1
        assert desk.get(deal)["status"] in {"approved", "draft"}


def test_two_submissions_start_one_flow(desk):
    desk.publish(FINANCE)
    for _ in range(TIMES):
        deal = desk.deal()
        errors = together(lambda deal=deal: desk.submit(deal), lambda deal=deal: desk.submit(deal))
        [failure] = [each for each in errors if each is not None]
        assert isinstance(failure, FlowAlreadyRunning), failure
    assert len(desk.tasks("li", "started")) == TIMES


class Broken(Exception):
    """The process dies here."""


@pytest.mark.parametrize("moment", range(1, 12))
def test_a_decision_that_dies_at_any_statement_changes_nothing(desk, monkeypatch, moment):
    from engine.storage.unit_of_work import UnitOfWork

    desk.publish(FINANCE)
    deal = desk.deal()
    key = desk.submit(deal)
    before = (desk.get(deal), desk.timeline(key), desk.instance(key))
    left = moment
    run = UnitOfWork.run

    def dying(self, sql, params=()):
        nonlocal left
        left -= 1
        if left == 0:
            raise Broken
        return run(self, sql, params)

    task = desk.task("zhao")
    with monkeypatch.context() as patched:
        patched.setattr(UnitOfWork, "run", dying)
        try:
            desk.decide("zhao", task=task, values={"limit": "1"})
        except Broken:
            assert left == 0
            died = True
        else:
            died = False
    if died:
        assert (desk.get(deal), desk.timeline(key), desk.instance(key)) == before
        desk.decide("zhao", task=task)
    assert desk.get(deal)["status"] == "approved"
