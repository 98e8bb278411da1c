"""Each permission alone: it opens what asks for it, and nothing else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.permissions import Permission
from tests import make, visitors
from tests.access.routes import all_routes
from tests.access.world import ask
from tests.house.code import report

METHODS = ("GET", "POST")
LEADS_ON = "billing:dashboard"
# What only the owner of the company does, whatever others hold.
OWNERS_ALONE = {"accounts:ownership_offer"}
# Pages that help with a form, and want besides what they name that one may fill in the form, in one way or another.
# What is taken away from a log is for who may read that log.
ALSO_ONE_OF = {
    **dict.fromkeys(
        ("billing:invoice_preview", "billing:invoice_contacts", "billing:item_suggestions"),
        frozenset({Permission.INVOICE_CREATE, Permission.INVOICE_EDIT}),
    ),
    **dict.fromkeys(("audit:billing_export", "billing:billing_log_report"), frozenset({Permission.AUDIT_VIEW})),
    **dict.fromkeys(
        ("audit:security_export", "billing:security_log_report"), frozenset({Permission.SECURITY_LOG_VIEW})
    ),
}


@pytest.mark.parametrize("permission", [None, *Permission], ids=str)
def test_it_opens_what_asks_for_it_and_nothing_else(world, permission):
    held = {permission, *permission.needs} if permission else set()
    browser = holder(world, held)
    wrong = []
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False):
        for one in pages():
            for method in METHODS:
                status = ask(browser, method, one.address(world.owned)).status_code
                if one.name == LEADS_ON and method == "GET" and one.guard not in held:
                    status = {302: 403}.get(status, status)
                is_open = one.guard in held and (status == 405 or lets_in(one, held))
                if (status == 403) == is_open:
                    wrong.append(f"{method} {one.name} answers {status} to who holds {sorted(held)}")
    assert not wrong, report(wrong)


def lets_in(one, held):
    if one.name in OWNERS_ALONE:
        return False
    return one.name not in ALSO_ONE_OF or not held.isdisjoint(ALSO_ONE_OF[one.name])


def holder(world, permissions):
    """A browser in which somebody is signed in who holds these permissions, and sees every customer."""
    role = make.role(world.company, *permissions, name="Single")
    return visitors.browser(visitors.member(world.company, role, "Sina"))


def pages():
    """The pages that ask for a permission; keys open those for programs."""
    return [one for one in all_routes() if "." in one.guard and not one.by_key]
