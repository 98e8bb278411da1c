"""What the demo's team may do and see: an own role, restrictions, a key, and what waits for a second person."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.actions import api_keys, approval_rules, approvals, invitations, members, roles, users
from accounts.errors import SecondPersonNeeded
from accounts.models import Company, Membership, Role
from accounts.permissions import Permission
from accounts.roles import BUILT_IN, Rights
from audit.actors import Actor
from billing.actions import custom_fields, invoices
from billing.models import Customer, CustomField, Invoice

OPERATOR = Actor.operator("demo")
REGIONS = ["North", "South", "West"]
CLERK = "Collections clerk"
KEPT_TO_A_REGION = ("Eli Hart", "eli@fernhill.example", "North")
KEPT_TO_A_LIST = ("Fay Brandt", "fay@fernhill.example", 8)
AWAY = ("Gil Moreau", "gil@fernhill.example")
INVITED = ["hana@fernhill.example", "ivo@fernhill.example"]
KEY = "Warehouse screen"
A_YEAR = datetime.timedelta(days=365)
MORE_SIGN_INS = [
    (f"{CLERK}, customers in the region {KEPT_TO_A_REGION[2]}", KEPT_TO_A_REGION[1]),
    (f"employee, {KEPT_TO_A_LIST[2]} customers from a list", KEPT_TO_A_LIST[1]),
]


def keep_more(company: Company, by: Actor, at: datetime.datetime) -> tuple[CustomField, CustomField]:
    """Two fields of the company's own on its customers: in which region they are, and until when they are bound."""
    region = custom_fields.create(
        company=company, name="Region", kind="choice", choices=REGIONS, in_list=True, by=by, at=at
    )
    bound = custom_fields.create(company=company, name="Contract ends", kind="date", position=1, by=by, at=at)
    return region, bound


def values_of(fields: tuple[CustomField, CustomField], place: int, day: datetime.date) -> dict[CustomField, str]:
    """What the customer in this place of the list has in them; every fourth is bound to no date."""
    region, bound = fields
    values = {region: REGIONS[place % len(REGIONS)]}
    return values | ({bound: (day + A_YEAR).isoformat()} if place % 4 else {})


def part(
    company: Company,
    region: CustomField,
    customers: Sequence[Customer],
    administrator: Membership,
    password: str,
    at: datetime.datetime,
) -> None:
    """Give the rest of the team their roles, and only those customers that are theirs to see."""
    by = Actor.member(administrator.user)
    clerk = roles.create(
        company=company,
        name=CLERK,
        description="Chases what is late, and writes off small remainders.",
        rights=Rights(
            BUILT_IN["account_manager"] | {Permission.INVOICE_WRITE_OFF}, {Permission.INVOICE_WRITE_OFF: {"EUR": 250}}
        ),
        granter=administrator,
        by=by,
        at=at,
    )

    def join(name: str, email: str, role: str | Role, **restricted: Any) -> Membership:
        user = users.create(email=email, name=name, password=password, by=OPERATOR, at=at)
        return members.add(company=company, user=user, role=role, by=by, at=at, **restricted)

    name, email, seen = KEPT_TO_A_REGION
    join(name, email, clerk, restriction="fields", field_values={str(region.pk): [seen]})
    name, email, most = KEPT_TO_A_LIST
    listed = [str(customer.pk) for customer in customers[:most]]
    join(name, email, "employee", restriction="customers", customer_ids=listed)
    away = join(*AWAY, "read_only")
    members.suspend(membership=away, granter=administrator, by=by, at=at)
    invitations.invite_many(company=company, emails=INVITED, role=clerk, granter=administrator, by=by, at=at)
    api_keys.make(
        maker=administrator,
        name=KEY,
        permissions={Permission.CUSTOMER_VIEW, Permission.INVOICE_VIEW},
        last_day=company.today(at) + datetime.timedelta(days=90),
        by=by,
        at=at,
    )


def let_wait(administrator: Membership, clerk: Membership, at: datetime.datetime) -> None:
    """Nobody writes off more than 250 EUR alone any more, and somebody has asked to."""
    approval_rules.change(
        membership=administrator, rules={"write_off": {"EUR": 250}}, by=Actor.member(administrator.user), at=at
    )
    largest = Invoice.objects.filter(status=Invoice.Status.ISSUED, pending_at__isnull=True).order_by("-balance")[0]
    by, reason = Actor.member(clerk.user), "In liquidation; the trustee expects no quota."
    try:
        invoices.write_off(invoice=largest, reason=reason, membership=clerk, by=by, at=at)
    except SecondPersonNeeded as needed:
        approvals.ask(**needed.asked, membership=clerk, reason=reason, by=by, at=at)


def note_use(memberships: Iterable[Membership], at: datetime.datetime) -> None:
    """Everybody was there lately, each an evening before the one before them."""
    for days, membership in enumerate(memberships):
        members.note_use(membership=membership, at=at - datetime.timedelta(days=days, hours=2))
