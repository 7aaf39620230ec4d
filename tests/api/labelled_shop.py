"""The shop with a customer whose name is labelled, for tests of what is said of wrong bodies."""

from __future__ import annotations

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from tests.forms.shop import CUSTOMER, REP, SHOP

RECORDS = "/apps/shop/forms/customer/records"
LABEL = {"zh": "客户全称", "en": "Full name"}


def publish_shop(runtime):
    fields = [{**each, "label": LABEL} if each["key"] == "name" else each for each in CUSTOMER["fields"]]
    forms = {**SHOP["form"], "customer": {**CUSTOMER, "fields": fields}}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "form": forms, "role": {"sales_rep": {**REP, "key": "sales_rep"}}})
