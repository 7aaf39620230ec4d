"""What of a new version gives somebody more rights than before, and what does not."""

from __future__ import annotations

import copy

import pytest

from engine.definitions.publish import prepare, publish
from engine.identity.principal import SYSTEM, Principal
from tests.forms.shop import SHOP, field, name, option

LI = Principal(user="li")

EAST = {
    "key": "east",
    "label": name("East"),
    "granted_to": {"departments_below": ["east"], "users": ["wu"]},
    "grants": [
        {"form": "customer", "actions": ["view"], "where": "vip and owner in $mine"},
        {
            "form": "sale",
            "actions": ["view", "create", "update"],
            "check": "total < 100",
            "presets": {"level_note": "new"},
            "fields": {
                "masked": ["reason"],
                "readonly": ["extra"],
                "write": ["extra", "reason", "lines.qty"],
            },
        },
    ],
}
DISCREET = {
    "key": "discreet",
    "label": name("Discreet"),
    "granted_to": {"everyone": True},
    "grants": [
        {"form": "customer", "actions": ["view"], "where": 'level = "a"', "deny": True},
        {
            "form": "customer",
            "actions": ["view"],
            "fields": {"hidden": ["credit"], "masked": ["phone"]},
            "deny": True,
        },
    ],
}
MINE = {"key": "mine", "label": name("mine"), "form": "customer", "where": "manager = $me"}


@pytest.fixture
def app():
    made = copy.deepcopy(SHOP)
    made["form"]["sale"]["fields"].append(field("level_note", "text"))
    made["form"]["customer"]["fields"].append(field("boss", "ref", form="customer"))
    east = copy.deepcopy(EAST)
    east["grants"][0]["where"] = "vip and boss in $mine"
    people = field("people", "backlink", form="contact", link="customer")
    made["form"]["customer"]["fields"].append(people)
    made["form"]["contact"]["fields"].append(
        field("friend", "formula", result={"type": "bool"}, expr='stage = "known"')
    )
    known = {"form": "customer", "actions": ["view"], "where": "COUNT(people, friend and owner = $me) > 0"}
    friend = {"key": "friend", "label": name("Friend"), "grants": [known]}
    made["role"] |= {"east": east, "discreet": copy.deepcopy(DISCREET), "friend": friend}
    made["scope"] = {"mine": copy.deepcopy(MINE)}
    return made


@pytest.fixture
def planned(runtime, app):
    """`planned(documents)`: where the version after `app` gives somebody more."""
    return planning(runtime, app)


def planning(runtime, app):
    """Publishes an app; gives what says where another version of it gives somebody more."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, app)

    def plan(documents):
        with runtime.reading(LI) as work:
            prepared = prepare(work, documents)
        assert prepared.app is not None, prepared.findings
        steps = [step.pointer for step in prepared.steps if step.action == "widens_rights"]
        refused = [each.pointer for each in prepared.findings if each.code == "needs_administrator"]
        assert refused == steps
        return steps

    return plan


def grants(app, role):
    return app["role"][role]["grants"]


def fields(app, form):
    return {each["key"]: each for each in app["form"][form]["fields"]}


def all_rows(app):
    del grants(app, "rep")[0]["where"]


def other_rows(app):
    grants(app, "rep")[1]["where"] = 'level <> "a"'


def any_of_two(app):
    grants(app, "rep")[0]["where"] = "owner = $me or ISBLANK(owner)"


def shown(app):
    grants(app, "rep")[0]["fields"] = {}


def unmasked(app):
    del grants(app, "east")[1]["fields"]["masked"]


def listed(app):
    grants(app, "rep")[1]["fields"]["read"].append("phone")


def written(app):
    grants(app, "east")[1]["fields"]["write"].append("status")


def rows_written(app):
    grants(app, "east")[1]["fields"]["write"].append("lines")


def no_longer_read_only(app):
    del grants(app, "east")[1]["fields"]["readonly"]


def more_actions(app):
    grants(app, "rep")[3]["actions"].append("export")


def one_more_grant(app):
    grants(app, "rep").append({"form": "contact", "actions": ["view"]})


def every_form(app):
    grants(app, "rep").append({"form": "*", "actions": ["view"], "where": "owner = $me"})


def another_role(app):
    app["role"]["clerk"] = {"key": "clerk", "label": name("Clerk"), "grants": [grants(app, "rep")[0]]}


def no_check(app):
    grants(app, "east")[1]["check"] = "total < 1000"


def no_preset(app):
    del grants(app, "east")[1]["presets"]


def other_preset(app):
    grants(app, "east")[1]["presets"]["level_note"] = "old"


def for_everybody(app):
    app["role"]["east"]["granted_to"] = {"everyone": True}


def one_more_holder(app):
    app["role"]["east"]["granted_to"]["users"].append("li")


def reading_the_log(app):
    app["role"]["rep"]["audits"] = True


def the_role_that_denies_is_gone(app):
    del app["role"]["discreet"]


def one_deny_is_gone(app):
    del grants(app, "discreet")[0]


def less_is_denied(app):
    grants(app, "discreet")[0]["where"] = 'level = "a" and vip'


def a_field_is_denied_no_more(app):
    grants(app, "discreet")[1]["fields"]["hidden"] = []


def fewer_are_denied(app):
    app["role"]["discreet"]["granted_to"] = {"users": ["wu"]}


def the_formula_of_a_condition(app):
    fields(app, "customer")["vip"]["expr"] = "true"


def the_rollup_below_that_formula(app):
    fields(app, "customer")["ordered"]["where"] = "true"


def the_formula_of_records_that_refer(app):
    fields(app, "contact")["friend"]["expr"] = 'stage <> "new"'


def other_records_that_refer(app):
    grants(app, "friend")[0]["where"] = "COUNT(people, owner = $me) > 0"


def the_scope_of_a_condition(app):
    app["scope"]["mine"]["where"] = "true"


WIDER = {
    all_rows: ["/roles/rep/grants/0"],
    other_rows: ["/roles/rep/grants/1"],
    any_of_two: ["/roles/rep/grants/0"],
    shown: ["/roles/rep/grants/0"],
    unmasked: ["/roles/east/grants/1"],
    listed: ["/roles/rep/grants/1"],
    written: ["/roles/east/grants/1"],
    rows_written: ["/roles/east/grants/1"],
    no_longer_read_only: ["/roles/east/grants/1"],
    more_actions: ["/roles/rep/grants/3"],
    one_more_grant: ["/roles/rep/grants/4"],
    every_form: ["/roles/rep/grants/4"],
    another_role: ["/roles/clerk/grants/0"],
    no_check: ["/roles/east/grants/1"],
    no_preset: ["/roles/east/grants/1"],
    other_preset: ["/roles/east/grants/1"],
    for_everybody: ["/roles/east/granted_to"],
    one_more_holder: ["/roles/east/granted_to"],
    reading_the_log: ["/roles/rep/audits"],
    the_role_that_denies_is_gone: ["/roles/discreet"],
    one_deny_is_gone: ["/roles/discreet"],
    less_is_denied: ["/roles/discreet"],
    a_field_is_denied_no_more: ["/roles/discreet"],
    fewer_are_denied: ["/roles/discreet/granted_to"],
    the_formula_of_a_condition: ["/roles/east/grants/0"],
    the_rollup_below_that_formula: ["/roles/east/grants/0"],
    the_scope_of_a_condition: ["/roles/east/grants/0"],
    the_formula_of_records_that_refer: ["/roles/friend/grants/0"],
    other_records_that_refer: ["/roles/friend/grants/0"],
}


def a_new_form(app):
    tool = {"key": "tool", "label": name("tool"), "fields": [field("name", "text")]}
    app["form"]["tool"] = tool
    app["role"]["clerk"] = {
        "key": "clerk",
        "label": name("Clerk"),
        "granted_to": {"everyone": True},
        "grants": [{"form": "tool", "actions": ["*"]}],
    }


def a_new_field(app):
    app["form"]["customer"]["fields"].append(field("hobby", "text"))
    grants(app, "rep")[1]["fields"]["read"].append("hobby")


def fewer_rows(app):
    grants(app, "rep")[0]["where"] = 'level = "b" and owner = $me'


def fewer_fields(app):
    grants(app, "rep")[0]["fields"]["hidden"].append("credit")
    grants(app, "rep")[1]["fields"]["read"].remove("level")


def a_grant_less(app):
    del grants(app, "rep")[0]


def a_role_less(app):
    del app["role"]["east"]


def other_words(app):
    app["role"]["rep"]["label"] = name("Representative")
    grants(app, "rep")[0]["where"] = "(owner=$me)"


def one_more_option(app):
    fields(app, "customer")["level"]["options"] += option("d")


def whole_records_denied(app):
    grants(app, "discreet")[1] = {"form": "customer", "actions": ["view"], "deny": True}


def fewer_holders(app):
    app["role"]["east"]["granted_to"] = {"departments": ["east"]}


def another_order(app):
    grants(app, "rep").reverse()


def a_formula_that_no_condition_reads(app):
    fields(app, "customer")["left"]["expr"] = "credit + ordered"


NO_WIDER = [
    a_new_form,
    a_new_field,
    fewer_rows,
    fewer_fields,
    a_grant_less,
    a_role_less,
    other_words,
    one_more_option,
    whole_records_denied,
    fewer_holders,
    another_order,
    a_formula_that_no_condition_reads,
]


def test_whatever_gives_somebody_more_is_a_step_for_administrators(planned, app):
    found = {}
    for change in WIDER:
        changed = copy.deepcopy(app)
        change(changed)
        found[change.__name__] = planned(changed)
    assert found == {change.__name__: places for change, places in WIDER.items()}


def test_what_gives_nobody_more_is_left_to_designers(planned, app):
    found = {}
    for change in NO_WIDER:
        changed = copy.deepcopy(app)
        change(changed)
        found[change.__name__] = planned(changed)
    assert found == {change.__name__: [] for change in NO_WIDER}


def test_what_was_renamed_is_what_it_was(planned, app):
    """Roles name the new keys: what was hidden, listed, asked for stays so."""
    changed = copy.deepcopy(app)
    secret = fields(changed, "customer")["secret"]
    secret |= {"key": "private", "renamed_from": "secret"}
    boss = fields(changed, "customer")["boss"]
    boss |= {"key": "chief", "renamed_from": "boss"}
    grants(changed, "rep")[0]["fields"]["hidden"] = ["private"]
    grants(changed, "east")[0]["where"] = "vip and chief in $mine"
    assert planned(changed) == []
    grants(changed, "rep")[0]["fields"]["hidden"] = []
    assert planned(changed) == ["/roles/rep/grants/0"]


def test_a_new_name_makes_no_new_field_of_an_old_one(planned, app):
    """The whole form under another key: its grants are still those of the old one."""
    changed = copy.deepcopy(app)
    contact = changed["form"].pop("contact")
    changed["form"]["person"] = contact | {"key": "person", "renamed_from": "contact"}
    fields(changed, "person")["helper"]["form"] = "person"
    fields(changed, "customer")["people"]["form"] = "person"
    grants(changed, "rep").append({"form": "person", "actions": ["view"]})
    assert planned(changed) == ["/roles/rep/grants/4"]


def test_a_backlink_in_a_condition_is_what_it_lists(runtime, app):
    sold = field("sold", "backlink", form="sale", link="customer")
    app["form"]["customer"]["fields"].append(sold)
    app["form"]["sale"]["fields"].append(field("payer", "ref", form="customer", on_delete="restrict"))
    app["scope"]["mine"]["descend"] = "boss"
    grants(app, "east")[0]["where"] = "ANY(sold, owner = $me and parent.vip) and boss in $mine"
    planned = planning(runtime, app)
    changed = copy.deepcopy(app)
    fields(changed, "customer")["sold"]["key"] = "bought"
    grants(changed, "east")[0]["where"] = "ANY(bought, owner = $me and parent.vip) and boss in $mine"
    assert planned(changed) == []
    fields(changed, "customer")["bought"]["link"] = "payer"
    assert planned(changed) == ["/roles/east/grants/0"]
    changed = copy.deepcopy(app)
    changed["scope"]["mine"] |= {"descend": None, "ascend": "boss"}
    assert planned(changed) == ["/roles/east/grants/0"]
    changed = copy.deepcopy(app)
    grants(changed, "east")[0]["where"] = "ANY(sold, owner = $me) and boss in $mine"
    assert planned(changed) == ["/roles/east/grants/0"]


def test_administrators_are_refused_nothing(runtime, app):
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, app)
    changed = copy.deepcopy(app)
    all_rows(changed)
    with runtime.unit_of_work(SYSTEM) as work:
        done = publish(work, changed)
    [step] = [each for each in done.steps if each.action == "widens_rights"]
    assert (step.risk, step.pointer) == ("warn", "/roles/rep/grants/0")
    assert "customer" in step.message["en"]
    assert "view" in step.message["en"]


def test_where_conditions_ask_for_roles_naming_who_has_one_gives_rights(runtime, app):
    """A role without any grant, that a condition of another one asks for."""
    grants(app, "rep")[0]["where"] = 'HASROLE("chosen") or not HASROLE("barred")'
    for key, people in (("chosen", ["wu"]), ("barred", ["li", "wu"])):
        app["role"][key] = {"key": key, "label": name(key), "granted_to": {"users": people}}
    plan = planning(runtime, app)
    more, fewer, less, new = (copy.deepcopy(app) for _ in range(4))
    more["role"]["chosen"]["granted_to"]["users"].append("li")
    fewer["role"]["barred"]["granted_to"]["users"].remove("li")
    less["role"]["barred"]["label"] = name("out")
    new["role"]["admin"] = {"key": "admin", "label": name("a"), "granted_to": {"everyone": True}}
    assert plan(more) == ["/roles/chosen/granted_to"]
    assert plan(fewer) == ["/roles/barred/granted_to"]
    assert plan(new) == ["/roles/admin/granted_to"]
    assert plan(less) == []


def test_what_a_rollup_reads_is_looked_into(runtime, app):
    """Formulas behind its condition and behind what it sums up, also those of the record of child rows."""
    fields(app, "customer")["sales"]["where"] = "overdue"
    app["form"]["sale"]["fields"].append(field("score", "formula", result={"type": "money"}, expr="extra"))
    sums = {"form": "sale.lines", "agg": "max", "field": "parent.score"}
    app["form"]["product"]["fields"] += [
        field("best", "rollup", link="product", **sums),
        field("late", "rollup", form="sale.lines", link="product", agg="count", where="parent.overdue"),
    ]
    seen = [
        {"form": "customer", "actions": ["view"], "where": "sales > 0"},
        {"form": "product", "actions": ["view"], "where": "best > 5"},
        {"form": "product", "actions": ["view"], "where": "late = 0", "deny": True},
    ]
    app["role"]["late"] = {"key": "late", "label": name("late"), "grants": seen}
    planned = planning(runtime, app)
    other_rows, other_value = copy.deepcopy(app), copy.deepcopy(app)
    fields(other_rows, "sale")["overdue"]["expr"] = "on < TODAY() or true"
    fields(other_value, "sale")["score"]["expr"] = "extra + 1000"
    assert planned(other_rows) == ["/roles/late/grants/0", "/roles/late"]
    assert planned(other_value) == ["/roles/late/grants/1"]


def test_a_rollup_in_a_condition_is_told_in_the_names_before(runtime, app):
    """Renaming what its condition reads changes nothing; another field under its name does."""
    fields(app, "customer")["sales"]["where"] = "flag"
    app["form"]["sale"]["fields"] += [field(key, "bool", default=False) for key in ("flag", "other")]
    late = {"form": "customer", "actions": ["view"], "where": "sales > 0"}
    app["role"]["late"] = {"key": "late", "label": name("late"), "grants": [late]}
    planned = planning(runtime, app)
    renamed = copy.deepcopy(app)
    fields(renamed, "sale")["flag"] |= {"key": "mark", "renamed_from": "flag"}
    fields(renamed, "customer")["sales"]["where"] = "mark"
    assert planned(renamed) == []
    exchanged = copy.deepcopy(app)
    both = fields(exchanged, "sale")
    both["flag"] |= {"key": "other", "renamed_from": "flag"}
    both["other"] |= {"key": "flag", "renamed_from": "other"}
    assert planned(exchanged) == ["/roles/late/grants/0"]


def test_what_many_fields_read_is_told_once(runtime, app):
    """Every formula reads the one before twice: told each time, this would never end."""
    chain = [
        field(f"f{at}", "formula", result={"type": "bool"}, expr=f"f{at - 1} or f{at - 1}" if at else "vip")
        for at in range(60)
    ]
    app["form"]["customer"]["fields"] += chain
    far = {"form": "customer", "actions": ["view"], "where": "f59"}
    app["role"]["far"] = {"key": "far", "label": name("far"), "grants": [far]}
    planned = planning(runtime, app)
    assert planned(app) == []
    changed = copy.deepcopy(app)
    fields(changed, "customer")["f0"]["expr"] = "true"
    assert planned(changed) == ["/roles/far/grants/0"]


MASKS = (
    ("##******##", "##******##", False),
    ("##******##", "##***##", False),
    ("##******##", "****", False),
    ("##******##", None, False),
    ("##******##", "####****##", True),
    ("##******##", "##****####", True),
    ("##******##", "###*****#", True),
    ("##########*****", "#***", True),
    (None, "****", False),
    (None, "#***", True),
)
"""What the field has before and now, and whether that shows more. A pattern of fewer signs shows those of texts
that are too short for the longer one.
"""


@pytest.mark.parametrize(("then", "now", "more"), MASKS)
@pytest.mark.database("sqlite")
def test_a_mask_that_shows_more_gives_more(runtime, app, then, now, more):
    card = {"form": "customer", "actions": ["view"], "fields": {"read": ["card"], "masked": ["card"]}}
    plain = {"form": "customer", "actions": ["view"], "fields": {"read": ["card"]}}
    deny = {"form": "customer", "actions": ["view"], "fields": {"masked": ["card"]}, "deny": True}
    for key, grant in (("card", card), ("plain", plain), ("covered", deny)):
        app["role"][key] = {"key": key, "label": name(key), "grants": [grant]}
    app["form"]["customer"]["fields"].append(field("card", "text") | ({"mask": then} if then else {}))
    planned = planning(runtime, app)
    changed = copy.deepcopy(app)
    fields(changed, "customer")["card"]["mask"] = now
    assert planned(changed) == (["/roles/card/grants/0", "/roles/covered"] if more else [])


@pytest.mark.database("sqlite")
def test_the_mask_of_what_a_type_or_another_field_covers(runtime, app):
    """A mail address shows its domain by itself; a lookup is covered like the field it shows."""
    sale = {"form": "sale", "actions": ["view"], "fields": {"read": ["mail"], "masked": ["mail"]}}
    seen = {"form": "customer", "actions": ["view"], "fields": {"read": ["email"], "masked": ["email"]}}
    app["role"]["mail"] = {"key": "mail", "label": name("mail"), "grants": [sale, seen]}
    app["form"]["sale"]["fields"].append(field("mail", "lookup", path="customer.email"))
    fields(app, "customer")["email"]["mask"] = "#***"
    planned = planning(runtime, app)
    changed = copy.deepcopy(app)
    del fields(changed, "customer")["email"]["mask"]
    assert sorted(planned(changed)) == ["/roles/mail/grants/0", "/roles/mail/grants/1"]


@pytest.mark.database("sqlite")
def test_the_zone_and_calendars_count_where_a_condition_reads_days(runtime, app):
    hours = [["09:00", "18:00"]]
    app["calendar"] = {
        key: {"key": key, "label": name(key), "week": dict.fromkeys(days, hours)}
        for key, days in (("five", ("mon", "tue", "wed", "thu", "fri")), ("one", ("mon",)))
    }
    app["app"]["shop"]["calendar"] = "five"
    wheres = ["on < TODAY()", "TODATE(created_at) = on", "NETWORKDAYS(on, on) > 0", "ISBLANK(on)"]
    wheres += ["on = $today", 'NETWORKDAYS(on, on, "one") > 0']
    days = [{"form": "sale", "actions": ["view"], "where": each} for each in wheres]
    app["role"]["days"] = {"key": "days", "label": name("days"), "grants": days}
    planned = planning(runtime, app)
    zone, default, week = (copy.deepcopy(app) for _ in range(3))
    zone["app"]["shop"]["tz"] = "America/New_York"
    default["app"]["shop"]["calendar"] = "one"
    week["calendar"]["one"]["week"] = {"tue": hours}
    place = "/roles/days/grants/{}".format
    assert planned(app) == []
    assert [each for each in planned(zone) if each in map(place, (0, 1, 3, 4))] == [*map(place, (0, 1, 4))]
    assert planned(default) == [place(2)]
    assert planned(week) == [place(5)]
