"""No password, code, answer or token that anybody sends, or is shown, is ever in an entry of a log."""

import json
from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.db import transaction

from accounts.scoping import in_company
from tests.access.account_changes import OF_ACCOUNTS
from tests.access.changes import OF_BILLING
from tests.access.log_changes import OF_LOGS
from tests.access.routes import route
from tests.access.team_changes import OF_TEAM
from tests.access.test_every_change_is_logged import ids_in_logs, logs, stage  # noqa: F401
from tests.house.code import report

CHANGES = OF_ACCOUNTS + OF_TEAM + OF_BILLING + OF_LOGS
# An item has a code of its own, which is printed on invoices.
NOT_SECRET = {"billing:item_create", "billing:item_edit"}
SECRET = ("password", "new_password", "current_password", "code", "passkey", "passkey_state", "secret", "token", "url")
CANARY = "canary-7f3a9c-of-a-secret"
SHORTEST = 6


@pytest.mark.parametrize("lies", [False, True], ids=["what is right", "what is wrong"])
def test_no_entry_holds_a_secret_that_was_sent(stage, lies):  # noqa: F811
    wrong, sent_secrets = [], 0
    for change in [one for one in CHANGES if one.route not in NOT_SECRET]:
        secrets, entries = sent(stage, change, lies)
        sent_secrets += bool(secrets)
        wrong += [f"{change.route}: {entry['action']}" for entry in entries if holds(entry, secrets)]
    assert sent_secrets > 10
    assert not wrong, report(wrong)


def sent(stage, change, lies):  # noqa: F811
    """The secrets of one sending, those of its address among them, and the entries it leaves."""
    world, browser = stage.world, stage.people[change.who]
    scene = SimpleNamespace(**vars(world), user=stage.users.get(change.who), browser=browser)
    scene.owned = SimpleNamespace(**vars(world.owned))
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        with in_company(world.company):
            change.given(scene)
        fields, before = change.sends(scene), ids_in_logs()
        if lies:
            fields = fields | {name: CANARY for name in fields if name in SECRET}
        address = route(change.route).address(scene.owned)
        response = browser.post(address + change.query(scene), fields)
        if response.streaming:
            list(response)
        change.afterwards()
        entries = [vars(entry) for entry in logs() if entry.pk not in before]
        transaction.set_rollback(True)
    browser.cookies = cookies
    tokens = [part for part in address.split("/") if len(part) > 40]
    return {str(value) for name, value in fields.items() if name in SECRET} | {*tokens}, entries


def holds(entry, secrets):
    written = json.dumps({name: str(value) for name, value in entry.items()}, ensure_ascii=False)
    return any(len(secret) >= SHORTEST and secret in written for secret in secrets)
