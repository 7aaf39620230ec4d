"""A print shows what its reader may see, and nothing computed from the rest."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden
from engine.identity.principal import Principal
from forms.records import RecordNotFound
from tests.forms.printing.conftest import Press
from tests.forms.printing.press import LI, ROOT, SUN, ZHOU


@pytest.fixture
def deal(press: Press) -> str:
    customer = press.save("customer", name="甲公司", phone="13812345678", credit=500)
    lines = [{"item": "a", "qty": 100, "amount": 1000, "cost": 700}]
    return press.save(customer=customer, cost=9900, state="open", note="内部", lines=lines)


def printed(press: Press, deal: str, body: str, who: Principal = LI) -> str:
    press.publish(f"[{body}]")
    return press.words(deal, who)[1:-1]


@pytest.fixture(autouse=True)
def published(press: Press) -> None:
    press.publish("a")


HIDDEN = [
    "{{cost}}",
    "{{cost + 1}}",
    "{{COALESCE(cost, 5)}}",
    "{{total - cost}}",
    "{{SUM(lines.cost)}}",
    "{{#each lines}}{{cost}}{{/each}}",
    "{{#each lines}}{{amount - cost}}{{/each}}",
    "{{#each lines}}{{parent.cost}}{{/each}}",
    "{{#if cost > 1}}dear{{/if}}",
    "{{customer.phone & 'x'}}",
    "{{LEN(customer.phone)}}",
    "{{LEN(phone)}}",
    "{{SUM(customer.deals.cost)}}",
    "{{COUNT(customer.deals, cost > 1)}}",
    "{{COUNT(customer.deals, customer.credit > 1)}}",
    "{{COUNT(brought)}}",
]


@pytest.mark.parametrize("body", HIDDEN)
@pytest.mark.database("sqlite")
def test_nothing_is_printed_that_reads_what_is_hidden(press: Press, deal: str, body: str) -> None:
    assert printed(press, deal, body) == ""
    assert printed(press, deal, body, ROOT) != ""


def test_a_condition_on_what_is_hidden_takes_the_else(press: Press, deal: str) -> None:
    assert printed(press, deal, "{{#if cost > 1}}yes{{else}}no{{/if}}") == "no"
    assert printed(press, deal, "{{#if cost > 1}}yes{{else}}no{{/if}}", ROOT) == "yes"


def test_what_is_shown_is_printed(press: Press, deal: str) -> None:
    assert (
        printed(
            press, deal, "{{total}} {{customer}} {{#each lines}}{{amount}}{{/each}} {{COUNT(customer.deals)}}"
        )
        == "10.00 甲公司 10.00 1"
    )


def test_a_masked_field_prints_its_mask_also_through_a_lookup(press: Press, deal: str) -> None:
    assert printed(press, deal, "{{customer.phone}} {{phone}}") == "138****5678 138****5678"


def test_a_record_behind_a_reference_that_is_not_seen_leaves_no_trace(press: Press) -> None:
    customer = press.save("customer", name="秘密客户", phone="13812345678", credit=500)
    deal = press.save(customer=customer)
    body = "{{customer}}{{customer.name}}{{customer.credit}}{{phone}}{{customer.where}}"
    assert printed(press, deal, body) == ""


def test_printing_takes_the_right_to_print(press: Press, deal: str) -> None:
    with pytest.raises(Forbidden):
        press.words(deal, SUN)


def test_the_grant_to_print_says_which_records_and_fields(press: Press, deal: str) -> None:
    with pytest.raises(Forbidden):
        press.words(deal, ZHOU)
    done = press.save(state="done", note="内部", cost=100)
    assert printed(press, done, "{{note}}{{cost}}", ZHOU) == "1.00"


def test_what_may_not_be_seen_at_all_is_not_found(press: Press, deal: str) -> None:
    nobody = Principal(user="wu", roles=())
    with pytest.raises(RecordNotFound):
        press.words(deal, nobody)


def test_names_of_files_hide_what_is_hidden(press: Press, deal: str) -> None:
    press.publish("a", file_name={"zh": "{{no}} {{cost}}"})
    assert press.gathered(deal, LI).title == "D-0001"


def test_private_things_of_people_stay_private(press: Press, deal: str) -> None:
    assert printed(press, deal, "{{owner.email}}{{$me.email}}{{owner.username}}") == "root"


def test_names_of_people_are_printed_in_the_language_of_the_page(press: Press) -> None:
    own = press.save("deal", owner="li", lines=[{"item": "a"}])
    body = "[{{owner.name}} {{owner.name.en}} {{#each lines}}{{parent.owner.name}}{{/each}} {{$me.name}}]"
    press.publish(body)
    assert press.words(own, LI) == "[李娜 Li Na 李娜 李娜]"
    assert press.words(own, LI, "en") == "[Li Na Li Na Li Na Li Na]"
