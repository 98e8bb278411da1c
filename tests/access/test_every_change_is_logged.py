"""Every address that changes something writes exactly the entries listed here; one that is refused writes none."""

from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.models import User
from accounts.scoping import in_company
from audit.models import BillingEvent, SecurityEvent
from security.guards import FACTOR_SET_UP, PUBLIC
from tests.access.account_changes import OF_ACCOUNTS
from tests.access.changes import OF_BILLING, nothing
from tests.access.log_changes import OF_LOGS
from tests.access.routes import all_routes, route
from tests.access.team_changes import OF_TEAM
from tests.access.test_matrix import rows
from tests.house.code import report

CHANGES = OF_ACCOUNTS + OF_TEAM + OF_BILLING + OF_LOGS
# Addresses that take a form and change nothing.
CHANGES_NOTHING = {
    "accounts:password_strength": "judges what is typed and keeps nothing of it",
    "accounts:session_stay": "says that somebody is still there, as every page they open does",
    "health": "answers whoever asks, however they ask",
}
# Who owns the company has no column in the matrix: everybody else is refused.
ASKS_FOR_THE_OWNER = {"accounts:ownership_offer"}
# Who may do none of this to these records, each for another reason.
NOT_THEIRS = ("anonymous", "manager", "read_only", "nothing", "rival", "ended", "half", "bare", "key", "other")
# That a member was refused, or did not find what they asked for, is itself an entry, in the security log.
REFUSED = {
    who: {f"{event} member {name}" for event in ("access.refused", "record.not_found")}
    for who, name in {"manager": "Max", "read_only": "Rea", "nothing": "Nora", "rival": "Riva", "ended": "Enid"}.items()
}
# What needs no record of somebody's: others may do it too, each in their own company or with their own account.
ANYBODYS = {
    "accounts:switch_company",
    "accounts:sign_in_policy",
    "accounts:sessions_end_others",
    "accounts:email_change",
    "accounts:email_change_cancel",
    "accounts:security_change_password",
    "accounts:security_authenticator_start",
    "accounts:security_authenticator_confirm",
    "accounts:security_replace_recovery_codes",
    "accounts:passkey_add",
    "accounts:invitation_create",
    "accounts:role_create",
    "accounts:approval_rules",
    "accounts:api_key_create",
    "accounts:log_settings",
    "accounts:log_retention",
    *(f"accounts:log_stream_{act}" for act in "set_up address secret test pause resume remove".split()),
    *(f"audit:{log}_{act}" for log in ("billing", "security") for act in ("view_save", "export")),
    "billing:billing_log_report",
    "billing:security_log_report",
    "portal:end",
    "billing:customer_create",
    "billing:invoice_create",
    "billing:invoice_export",
    "billing:invoice_preview",
    "billing:custom_field_create",
    "billing:customer_export",
    "billing:item_create",
    "billing:tax_rate_create",
    "billing:company_settings",
    "billing:logo_upload",
    "billing:logo_remove",
}
MAY_BE_EMPTY = {
    *("accounts:email_agree", "accounts:log_settings", "accounts:member_revoke", "billing:invoice_send"),
}
# Who reads the books reads their log too, and may keep views of it.
READERS_MAY = "audit.view"


@pytest.fixture
def stage(world, people):
    """Those of the people who change something of their own account."""
    names = {"administrator": "ada", "owner": "owner", "half": "half", "stale": "stella"}
    users = {who: User.objects.get(email=f"{name}@harbour.example") for who, name in names.items()}
    return SimpleNamespace(world=world, people=people, users=users)


def test_every_address_that_takes_a_form_is_listed():
    taking = {row.route for row in rows() if row.method == "POST" and set(row.cells.values()) & {"200", "302", "404"}}

    assert {change.route for change in CHANGES} == taking - {*CHANGES_NOTHING} | ASKS_FOR_THE_OWNER


def test_a_change_writes_its_entries(stage):
    wrong = []
    for change in CHANGES:
        entries = written(stage, change, change.who)
        if entries != sorted(change.entries):
            wrong.append(f"{change.route} writes {entries}, not {change.entries}")
    assert not wrong, report(wrong)


def test_who_may_not_writes_nothing(stage):
    wrong = [
        f"{change.route} as {who}: {entry}"
        for change in CHANGES
        if change.route not in ANYBODYS and route(change.route).guard != PUBLIC
        for who in NOT_THEIRS
        for entry in written(stage, change, who)
        if entry not in REFUSED.get(who, ())
    ]
    assert not wrong, report(wrong)


def test_who_is_not_let_in_writes_nothing(stage):
    wrong = [
        f"{change.route} as {who}: {entry}"
        for change in CHANGES
        for who in ("anonymous", "half", "bare", "customer")
        if route(change.route).guard not in (PUBLIC, "portal", *([FACTOR_SET_UP] if who == "bare" else []))
        for entry in written(stage, change, who)
    ]
    assert not wrong, report(wrong)


def test_who_lacks_the_permission_writes_nothing(stage):
    wrong = [
        f"{change.route}: {entry}"
        for change in CHANGES
        if "." in route(change.route).guard and route(change.route).guard != READERS_MAY
        for entry in written(stage, change, "read_only")
        if entry != "access.refused member Rea"
    ]
    assert not wrong, report(wrong)


def test_who_does_not_say_again_who_they_are_writes_nothing(stage):
    wrong = [
        f"{change.route}: {entry}"
        for change in CHANGES
        if route(change.route).asks_again and change.who != "stale"
        for entry in written(stage, change, "stale")
    ]
    assert not wrong, report(wrong)


def test_an_empty_form_writes_nothing(stage):
    wrong = [
        f"{change.route}: {entry}"
        for change in CHANGES
        if change.sends is not nothing and change.route not in MAY_BE_EMPTY
        for entry in written(stage, change._replace(sends=nothing), change.who)
        if not entry.startswith(("record.not_found", "security_log.viewed"))
    ]
    assert not wrong, report(wrong)


def test_a_program_that_reads_writes_one_entry_a_day(stage):
    """Whatever it reads; each day on which it comes has an entry."""
    reading, before = [one for one in all_routes() if one.by_key], ids_in_logs()
    statuses, days = set(), []
    for day in range(2):
        with time_machine.travel(timezone.now() + timedelta(days=day), tick=False):
            for one in reading:
                statuses.add(stage.people["key"].get(one.address(stage.world.owned)).status_code)
        days.append([str(entry.action) for entry in logs() if entry.pk not in before])

    assert statuses == {200}
    assert days == [["api_key.used"], ["api_key.used"] * 2]


def written(stage, change, who):
    """The entries one sending writes, sorted; afterwards nothing of it is left."""
    world, browser = stage.world, stage.people[who]
    scene = SimpleNamespace(**vars(world), user=stage.users.get(change.who), browser=browser)
    scene.owned = SimpleNamespace(**vars(world.owned))
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        with in_company(world.company):
            change.given(scene)
        sent, before = change.sends(scene), ids_in_logs()
        response = browser.post(route(change.route).address(scene.owned) + change.query(scene), sent)
        if response.streaming:
            list(response)
        change.afterwards()
        entries = [entry for entry in logs() if entry.pk not in before]
        transaction.set_rollback(True)
    browser.cookies = cookies
    return sorted(f"{entry.action} {entry.actor_type} {entry.actor_label}" for entry in entries)


def logs():
    with scopes_disabled():
        return [*BillingEvent.objects.all(), *SecurityEvent.objects.all()]


def ids_in_logs():
    return {entry.pk for entry in logs()}
