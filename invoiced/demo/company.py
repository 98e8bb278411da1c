"""The demo company, its people, what it sells and whom it sells to - made through the ordinary actions."""

import base64
import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django_otp.oath import totp

from accounts.actions import companies, factors, members, users
from accounts.models import Company, Membership
from audit.actors import Actor
from billing.actions import contacts, customers, items, sellers, tax_rates
from billing.models import Contact, Customer, CustomField, Item, Seller, TaxRate
from invoiced.demo import access
from invoiced.demo.names import Names
from invoiced.demo.receivables import Receivable

OPERATOR = Actor.operator("demo")
PASSWORD = "fernhill demo only 2026"  # noqa: S105  a demo on this machine, printed at its start
COMPANY = "Fernhill Supply"
PEOPLE = [
    ("administrator", "Ada Okafor", "ada@fernhill.example"),
    ("employee", "Bo Lindqvist", "bo@fernhill.example"),
    ("account_manager", "Cam Reyes", "cam@fernhill.example"),
    ("read_only", "Dee Novak", "dee@fernhill.example"),
    ("administrator", "Tove Berg", "tove@fernhill.example"),
]
WITH_SECOND_FACTOR = "tove@fernhill.example"
PROFILE = {
    "legal_name": "Fernhill Supply GmbH",
    "address": "Oranienstraße 24\n10999 Berlin",
    "country": "DE",
    "tax_id": "DE129273398",
    "registration": "Amtsgericht Charlottenburg, HRB 104562 B",
    "email": "accounts@fernhill.example",
    "phone": "+49 30 5550 120",
    "website": "fernhill.example",
    "bank_details": "Fernhill Supply GmbH\nIBAN DE02 1203 0000 0000 2020 51\nBIC BYLADEM1001",
    "footer": "Managing director: Ada Okafor",
    "brand_colour": "#1f6f54",
}
TAXES = [("VAT", "19"), ("Reduced VAT", "7")]
GOODS = [
    ("PAPER-A4", "Copy paper A4, 500 sheets", "5.26", "ream", "VAT"),
    ("TONER-BK", "Toner, black", "48.90", "piece", "VAT"),
    ("CHAIR-01", "Task chair", "189.00", "piece", "VAT"),
    ("COFFEE-1", "Coffee beans, 1 kg", "17.80", "kg", "Reduced VAT"),
    ("SERVICE", "Office service", "64.50", "hour", "VAT"),
    ("DELIVERY", "Delivery by bicycle", "9.50", "trip", "VAT"),
]


@dataclass(frozen=True, slots=True)
class Team:
    """The demo's members by e-mail, as those who act in its story."""

    memberships: dict[str, Membership]
    totp_secrets: dict[str, str]

    def actor(self, email: str) -> Actor:
        return Actor.member(self.memberships[email].user)


def create(at: datetime.datetime) -> Company:
    return companies.create(name=COMPANY, time_zone="Europe/Berlin", currency="EUR", by=OPERATOR, at=at)


def gather(company: Company, at: datetime.datetime, now: datetime.datetime) -> Team:
    """One member of each role, and a second administrator who has just begun to sign in with a code."""
    memberships, totp_secrets = {}, {}
    for role, name, email in PEOPLE:
        user = users.create(email=email, name=name, password=PASSWORD, by=OPERATOR, at=at)
        memberships[email] = members.add(company=company, user=user, role=role, by=OPERATOR, at=at)
        if email == WITH_SECOND_FACTOR:
            device = factors.start(user=user, name="Telephone", by=Actor.member(user), at=now)
            code = f"{totp(base64.b32decode(device.seed)):06d}"
            factors.enrol(user=user, device=device, code=code, keep=None, by=Actor.member(user), at=now)
            totp_secrets[email] = device.seed
    return Team(memberships, totp_secrets)


def present(company: Company, by: Actor, at: datetime.datetime) -> None:
    seller = Seller.objects.get(company=company)
    sellers.change(seller=seller, details=PROFILE, by=by, at=at)
    logo = settings.BASE_DIR / "invoiced" / "demo" / "logo.png"
    sellers.set_logo(seller=seller, png=logo.read_bytes(), by=by, at=at)


def stock(company: Company, by: Actor, at: datetime.datetime) -> dict[str, Item]:
    """Taxes and items, the items by code."""
    rates: dict[str, TaxRate] = {
        name: tax_rates.create(company=company, name=name, percent=Decimal(percent), category="S", by=by, at=at)
        for name, percent in TAXES
    }
    return {
        code: items.create(
            company=company,
            details={"code": code, "name": name, "unit": unit, "unit_price": Decimal(price), "currency": "EUR"},
            tax_rates=[rates[tax]],
            by=by,
            at=at,
        )
        for code, name, price, unit, tax in GOODS
    }


def meet_customers(
    company: Company,
    receivables: Iterable[Receivable],
    team: Team,
    fields: tuple[CustomField, CustomField],
    at: datetime.datetime,
) -> dict[str, tuple[Customer, Contact]]:
    """A customer with a contact for each key in the data; every third one is the account manager's."""
    names, met = Names(), {}
    by, manager = team.actor("bo@fernhill.example"), team.memberships["cam@fernhill.example"].user
    firsts = {receivable.customer: receivable for receivable in reversed(list(receivables))}
    for place, (key, receivable) in enumerate(sorted(firsts.items())):
        business = names.business(receivable.country)
        customer = customers.create(
            company=company,
            details={
                "name": business.name,
                "email": f"office@{business.domain}",
                "address": business.address,
                "country": receivable.country,
                "currency": "EUR",
                "payment_terms": "NET 30",
                "paperless": receivable.paperless,
                "owner": manager if place % 3 == 0 else None,
            },
            values=access.values_of(fields, place, receivable.issued),
            by=by,
            at=at,
        )
        contact = contacts.create(
            customer=customer,
            details={"name": business.contact, "email": business.contact_email, "is_primary": True},
            by=by,
            at=at,
        )
        met[key] = (customer, contact)
    return met
