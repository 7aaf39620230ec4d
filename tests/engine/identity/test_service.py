"""Users, departments, superiors and roles."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden, Invalid
from engine.identity import repository, service
from engine.identity.principal import SYSTEM, Principal
from engine.identity.service import AlreadyExists, DepartmentInUse, LastAdministrator


def user(key, **more):
    return {"id": key, "name": {"zh": key, "en": key}, **more}


def test_principal_knows_roles_department_tree_and_subordinates(people, principal):
    wang = principal("wang")
    assert wang.roles == ("regional_manager",)
    assert wang.dept == "east"
    assert wang.depts == ("east", "east_js", "east_zj")
    assert wang.subordinates == ("li", "sun", "zhou")
    assert wang.name == "王芳"
    assert not wang.is_admin
    assert principal("root").is_admin


def test_subordinates_reach_through_all_levels(people, principal):
    assert principal("liu").subordinates == ("li", "sun", "wang", "wu", "zhang", "zhou")


def test_system_principal_has_all_rights_and_no_department():
    assert SYSTEM.is_admin
    assert SYSTEM.is_system
    assert SYSTEM.own_variables()["my_depts"] == ()


def test_user_is_created_once(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        made = service.create_user(work, user("bao", roles=["logistics"]))
        assert made["username"] == "bao"
        assert made["roles"] == ["logistics"]
        assert "password_hash" not in made
        with pytest.raises(AlreadyExists):
            service.create_user(work, user("bao"))
        with pytest.raises(AlreadyExists):
            service.create_user(work, user("bao2", username="bao"))


def test_unknown_department_and_superior_are_named(runtime):
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(Invalid) as refused:
        service.create_user(work, user("bao", dept="nowhere", superior="nobody"))
    assert [(each.pointer, each.code) for each in refused.value.findings] == [
        ("/dept", "not_found"),
        ("/superior", "not_found"),
    ]


def test_unknown_property_is_refused(runtime):
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(Invalid) as refused:
        service.create_user(work, user("bao", salary=1))
    assert refused.value.findings[0].pointer == "/salary"


def test_superior_may_not_stand_below(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(Invalid) as refused:
        service.update_user(work, "liu", {"superior": "li"})
    assert refused.value.findings[0].code == "loop"


def test_department_may_not_stand_below_itself(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(Invalid) as refused:
        service.update_department(work, "sales", {"parent": "east_js"})
    assert refused.value.findings[0].code == "loop"


def test_only_administrators_change_users(runtime, people, principal):
    with runtime.unit_of_work(principal("li")) as work:
        with pytest.raises(Forbidden):
            service.create_user(work, user("bao"))
        with pytest.raises(Forbidden):
            service.update_user(work, "li", {"roles": ["admin"]})
        with pytest.raises(Forbidden):
            service.create_department(work, user("x"))
        with pytest.raises(Forbidden):
            service.set_password_hash(work, "liu", "x")


def test_last_administrator_stays(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        with pytest.raises(LastAdministrator):
            service.disable_user(work, "root")
        service.update_user(work, "liu", {"roles": ["sales_director", "admin"]})
        service.disable_user(work, "root")
        assert repository.role_holders(work, "admin") == ("liu",)


def test_update_keeps_what_it_does_not_name(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        after = service.update_user(work, "li", {"phone": "13800000000"})
    assert after["email"] == "li@example.com"
    assert after["roles"] == ["sales_rep"]
    assert after["superior"] == "wang"


def test_disabled_user_has_no_principal_and_no_role(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        service.disable_user(work, "qian")
        assert service.principal_of(work, "qian") is None
        assert repository.role_holders(work, "finance") == ("zhao",)


def test_superiors_step_over_the_inactive(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        assert service.superiors(work, "li") == "wang"
        assert service.superiors(work, "li", levels=2) == "liu"
        assert service.superiors(work, "fang") is None
        assert service.superiors(work, "li", levels=9) is None
        service.disable_user(work, "wang")
        assert service.superiors(work, "li") == "liu"


def test_department_head_is_looked_for_upwards(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        assert service.department_head(work, "east_js") == "wang"
        assert service.department_head(work, "finance") is None
        service.disable_user(work, "wang")
        assert service.department_head(work, "east_js") is None


def test_department_with_people_is_not_removed(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        with pytest.raises(DepartmentInUse):
            service.remove_department(work, "east_js")
        service.create_department(work, user("lab", parent="group"))
        service.remove_department(work, "lab")
        assert repository.department_by_id(work, "lab") is None


def test_users_are_found_by_name_role_and_department(runtime, people):
    def keys(work, **how):
        return [row["id"] for row in repository.users(work, **how)]

    with runtime.reading(SYSTEM) as work:
        assert keys(work, search="李") == ["li"]
        assert keys(work, search="li na") == ["li"]
        assert keys(work, search="%") == []
        assert keys(work, search='":') == []
        assert keys(work, role="finance") == ["qian", "zhao"]
        assert keys(work, dept="east_js") == ["li", "sun"]
        assert keys(work, after="wu", limit=2) == ["zhang", "zhao"]


def test_principal_of_nobody_is_nothing(runtime):
    with runtime.reading(SYSTEM) as work:
        assert service.principal_of(work, "nobody") is None


def test_principal_is_frozen():
    with pytest.raises(AttributeError):
        Principal(user="li").roles = ("admin",)  # type: ignore[misc]
