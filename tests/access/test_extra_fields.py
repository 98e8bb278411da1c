"""A form takes the fields it shows and no others: what else is sent with it changes nothing."""

import json
import re
from collections import Counter
from copy import deepcopy
from types import SimpleNamespace

from django.core.files import File
from django.db import connection, transaction

from accounts.scoping import in_company
from tests.access.routes import route
from tests.access.test_every_change_is_logged import CHANGES, stage
from tests.house.code import report

__all__ = ["stage"]

SMUGGLED = "smuggled-in"
UUID = re.compile("[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
# What is drawn anew each time, or counted on by the database.
DRAWN = {
    *("id", "key_hash", "token_hash", "hint", "seed", "password", "data", "credential", "public_key", "worker_ids"),
    *("position", "salt", "secret", "url"),
}
# Told by the clock of the database, which does not stand still when ours does.
BY_THE_CLOCK = {("audit_waiting", "queued_at")}


def extras(world):
    """What columns of other people's, of roles and of outcomes are called, with values that would matter."""
    rival, other = world.rival, world.other
    texts = dict.fromkeys(
        ("key_hash", "token_hash", "hint", "object_label", "decision_reason", "password_hash"), SMUGGLED
    )
    people = dict.fromkeys(
        ("user", "invited_by", "requested_by", "decided_by", "membership", "granter"), other.member.pk
    )
    moments = dict.fromkeys(("revoked_at", "suspended_at", "expires_at", "archived_at", "used_at"), "2031-01-01T00:00Z")
    switches = dict.fromkeys(("is_owner", "is_agreed", "is_staff", "is_superuser", "is_active", "is_locked"), "on")
    given = {
        "id": other.invoice.pk,
        "company": rival.company.pk,
        "company_id": rival.company.pk,
        "role": "administrator",
        "own_role": rival.owned.role.pk,
        "permissions": ["team.edit", "role.edit"],
        "limits": json.dumps({"invoice.write_off": {"EUR": 1}}),
        "restriction": "customers",
        "field_values": "{}",
        "customer_ids": json.dumps([str(other.customer.pk)]),
        "outcome": "approved",
        "status": "paid",
        "second_factor": "off",
    }
    return texts | people | moments | switches | given


def test_what_else_is_sent_changes_nothing(stage):
    wrong, sending = [], extras(stage.world)
    for change in CHANGES:
        plain, laden = both(stage, change, sending)
        if plain != laden or SMUGGLED in str(laden):
            wrong.append(f"{change.route} changes {[*(laden - plain)][:3]}, not {[*(plain - laden)][:3]}")
        if len(plain) <= len(change.entries):
            wrong.append(f"{change.route} changes nothing")
    assert not wrong, report(wrong)


def test_a_field_that_a_form_shows_counts(stage):
    """Otherwise the test above would find nothing whatever is sent."""
    create = next(change for change in CHANGES if change.route == "billing:customer_create")
    plain, laden = both(stage, create, {"number": SMUGGLED})

    assert plain != laden
    assert SMUGGLED in str(laden)


def both(stage, change, extra):
    """What a change does as it is, and with more fields."""
    world, browser = stage.world, stage.people[change.who]
    scene = SimpleNamespace(**vars(world), user=stage.users.get(change.who), browser=browser)
    scene.owned = SimpleNamespace(**vars(world.owned))
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        with in_company(world.company):
            change.given(scene)
        sent, before = change.sends(scene), rows()
        found = changed(scene, change, sent, before), changed(scene, change, extra | sent, before)
        transaction.set_rollback(True)
    browser.cookies = cookies
    return found


def changed(scene, change, sent, before):
    """The answer, and the rows that are there only before or only after, each as often; ids that are new are alike."""
    browser, known = scene.browser, {*UUID.findall(str(before))}
    cookies = deepcopy(browser.cookies)
    for file in sent.values():
        if isinstance(file, File):
            file.seek(0)
    with transaction.atomic():
        response = browser.post(route(change.route).address(scene.owned) + change.query(scene), sent)
        if response.streaming:
            list(response)
        change.afterwards()
        after = rows()
        transaction.set_rollback(True)
    browser.cookies = cookies
    answer = ("answer", response.status_code, response.headers.get("Location", ""))
    steady = Counter()
    for found, where in ((after - before, "after"), (before - after, "before"), (Counter([answer]), "told")):
        for row, number in found.items():
            steady[f"{where}: {UUID.sub(lambda id: id[0] if id[0] in known else 'NEW', str(row))}"] += number
    return steady


def rows():
    """Every row of every table, without what is drawn anew."""
    found = Counter()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                values = [one for one in zip(names, row, strict=True) if (table, one[0]) not in BY_THE_CLOCK]
                told = (f"{name}={value}" for name, value in values if is_told(name, value))
                found[(table, *told)] += 1
    return found


def is_told(name, value):
    """Whether a column says the same each time, or what was sent."""
    return name not in DRAWN or SMUGGLED in str(value)
