import re
from pathlib import Path

from accounts import checks, roles
from accounts.models import Membership
from accounts.permissions import Permission

P = Permission
DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"

# Read a row: who may do it. a = administrator, e = employee, m = account manager, r = read-only
MATRIX = {
    P.CUSTOMER_VIEW: "aemr",
    P.CUSTOMER_CREATE: "aem",
    P.CUSTOMER_EDIT: "aem",
    P.CUSTOMER_ARCHIVE: "ae",
    P.ITEM_VIEW: "aemr",
    P.CATALOG_EDIT: "ae",
    P.INVOICE_VIEW: "aemr",
    P.INVOICE_CREATE: "aem",
    P.INVOICE_EDIT: "aem",
    P.INVOICE_ISSUE: "aem",
    P.INVOICE_SEND: "aem",
    P.INVOICE_VOID: "ae",
    P.INVOICE_WRITE_OFF: "ae",
    P.PAYMENT_VIEW: "aemr",
    P.PAYMENT_RECORD: "aem",
    P.PAYMENT_ALLOCATE: "aem",
    P.PAYMENT_REVERSE: "ae",
    P.NOTE_CREATE: "aem",
    P.REPORT_VIEW: "aemr",
    P.EXPORT_RUN: "ae",
    P.AUDIT_VIEW: "aer",
    P.SECURITY_LOG_VIEW: "a",
    P.SETTINGS_EDIT: "a",
    P.TEAM_VIEW: "a",
    P.TEAM_EDIT: "a",
    P.SECURITY_EDIT: "a",
    P.ROLE_EDIT: "a",
    P.APPROVAL_VIEW: "aem",
    P.APPROVAL_DECIDE: "ae",
    P.API_KEY_VIEW: "a",
    P.API_KEY_EDIT: "a",
}
LETTERS = {"administrator": "a", "employee": "e", "account_manager": "m", "read_only": "r"}


def test_each_role_holds_exactly_what_the_table_says():
    held = {
        permission: "".join(letter for role, letter in LETTERS.items() if permission in roles.BUILT_IN[role])
        for permission in Permission
    }

    assert held == MATRIX


def test_values_are_noun_dot_verb_like_their_names():
    assert {permission.name.lower() for permission in P} == {value.replace(".", "_") for value in P}


def test_every_role_has_a_name_and_is_allowed_in_the_database():
    assert list(roles.NAMES) == list(roles.BUILT_IN)
    assert [role for role, _ in Membership._meta.get_field("role").choices] == list(roles.BUILT_IN)


def test_the_built_in_roles_are_whole():
    assert checks.roles_are_whole(None) == []


def test_a_role_that_may_change_what_it_cannot_see_stops_the_start(monkeypatch):
    monkeypatch.setitem(roles.BUILT_IN, "read_only", frozenset({P.CUSTOMER_EDIT}))

    [error] = checks.roles_are_whole(None)

    assert str(error.msg) == "The role “read_only” holds “customer.edit” without “customer.view”."


def test_needs_are_permissions_and_lead_to_something_one_can_see():
    for permission in P:
        assert permission not in permission.needs
        assert all(needed.value.endswith(".view") for needed in permission.needs)


def test_views_and_permissions_agree():
    assert checks.permissions_and_views_agree(None) == []


def test_a_permission_nobody_asks_for_and_one_nobody_has_stop_the_start(monkeypatch):
    def page(request): ...

    page.guard = "invoice.shred"
    monkeypatch.setattr(checks, "routes", lambda: [("shred/", page)])

    found = [error.msg for error in checks.permissions_and_views_agree(None)]

    assert found[0] == "/shred/ asks for “invoice.shred”, which is no permission."
    assert len(found) == 1 + len(P)


def test_the_documented_table_is_the_one_in_the_code():
    rows = [line.strip("| ").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]

    told = {row[0].strip("`"): (row[1], row[2], set(re.findall("`(.*?)`", row[3]))) for row in rows}
    assert told == {one: (one.group, one.sentence, {*one.needed}) for one in Permission}
    written = {row[0].strip("`"): [cell.strip() == "yes" for cell in row[4:]] for row in rows}
    assert written == {
        permission: [permission in held for held in roles.BUILT_IN.values()] for permission in Permission
    }
