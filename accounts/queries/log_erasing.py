"""The people a company's logs speak of, and how much of that can be erased."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.access import contact_models, customer_models
from accounts.models import ApiKey, Company, Membership, User
from accounts.queries.log_retention import COUNTED, in_words
from audit import retention
from audit.models import LOGS

SHOWN = 20
LOOKED_UP = 200
NEWEST = 20_000
"""How many contacts that bear a name are looked for in the logs, and in how many entries of each former names are."""
USER, CONTACT = "user", "contact"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, or somebody of the team, by their id and name; `where` tells namesakes apart."""

    kind: str
    id: UUID
    name: str
    where: str = ""

    def __str__(self) -> str:
        return self.name

    def is_member_of(self, company: Company) -> bool:
        """Whether they belong to the team today, suspended or not."""
        return self.kind == USER and _memberships(company, self.id).present().exists()


@dataclass(frozen=True, slots=True)
class Extent:
    """How many entries about a person can be erased, how many are too young, and the day on which none is.

    Those that are `kept` say what somebody of the team did, and stay whatever their age.
    """

    count: int
    kept: int
    young: int
    none_young_from: date | None

    @property
    def entries(self) -> str:
        return in_words(self.count)

    @property
    def kept_entries(self) -> str:
        return in_words(self.kept)

    @property
    def young_entries(self) -> str:
        return in_words(self.young)


def find(company: Company, text: str) -> list[Person]:
    """Former members and contacts whose name or address holds a text, by name; no more than fit on a page.

    Names that contacts no longer have are looked for in the newest entries alone.
    """
    people: dict[tuple[str, UUID], Person] = {}
    for person in [*_former_members(company, text), *_contacts(company, text), *_named_in_entries(company, text)]:
        people.setdefault((person.kind, person.id), person)
    return sorted(people.values(), key=lambda person: person.name.casefold())[:SHOWN]


def person(company: Company, kind: str, id: UUID) -> Person | None:
    """The person, if they were ever in the team of this company, or are a contact its entries speak of."""
    if kind == USER:
        member = _memberships(company, id).select_related("user").first()
        return Person(USER, id, str(member.user)) if member else None
    if kind == CONTACT:
        for log in LOGS.values():
            rows = retention.unerased(log, company.pk).order_by("-at")
            acted = rows.filter(actor_type="contact", actor_id=str(id)).values_list("actor_label", flat=True)
            acted_on = rows.filter(object_type="contact", object_id=str(id)).values_list("object_label", flat=True)
            if name := acted_on.first() or acted.first():
                return Person(CONTACT, id, name)
    return None


def ids_of(company: Company, person: Person) -> list[str]:
    """What stands for a person in the logs: their own id, and those of their memberships and API keys here."""
    if person.kind == CONTACT:
        return [str(person.id)]
    memberships = _memberships(company, person.id)
    keys = ApiKey.objects.filter(membership__in=memberships.order_by().values("pk"))
    return [
        str(id) for id in (person.id, *memberships.values_list("pk", flat=True), *keys.values_list("pk", flat=True))
    ]


def ids_of_team(company_id: UUID) -> list[str]:
    """What stands in the logs for whoever belongs to the team today and acted: them, or an API key of theirs."""
    members = Membership.objects.filter(company=company_id).present().order_by()
    keys = ApiKey.objects.filter(membership__in=members.values("pk"))
    return [str(id) for id in (*members.values_list("user", flat=True), *keys.values_list("pk", flat=True))]


def extent(company: Company, person: Person, at: datetime) -> Extent:
    """How far erasing would go at an instant."""
    ids, team, until = ids_of(company, person), ids_of_team(company.pk), at - retention.KEPT_AT_LEAST
    whom, theirs = retention.about(ids, team), retention.kept_for(ids, team)
    old = [retention.erasable(log, company.pk, until).filter(whom) for log in LOGS.values()]
    kept = [retention.unerased(log, company.pk).filter(theirs) for log in LOGS.values()]
    young = [retention.unerased(log, company.pk).filter(whom, at__gte=until) for log in LOGS.values()]
    newest = (rows.order_by("-at").values_list("at", flat=True).first() for rows in young)
    latest = max(filter(None, newest), default=None)
    return Extent(
        count=retention.count_up_to(COUNTED, *old),
        kept=retention.count_up_to(COUNTED, *kept),
        young=retention.count_up_to(COUNTED, *young),
        none_young_from=latest and company.today(latest + retention.KEPT_AT_LEAST + timedelta(days=1)),
    )


def _memberships(company: Company, user_id: UUID) -> Any:
    return Membership.objects.filter(company=company, user=user_id)


def _former_members(company: Company, text: str) -> Iterator[Person]:
    named = Q(name__icontains=text) | Q(email__icontains=text)
    here = Membership.objects.filter(company=company)
    users = User.objects.filter(named, pk__in=here.order_by().values("user"))
    former = users.exclude(pk__in=here.present().order_by().values("user"))
    for user in former.order_by("name", "pk")[:SHOWN]:
        yield Person(USER, user.pk, str(user), user.email)


def _contacts(company: Company, text: str) -> Iterator[Person]:
    """Contacts by what their records say today, as far as entries speak of them."""
    [contacts] = contact_models
    named = Q(name__icontains=text) | Q(email__icontains=text)
    rows = contacts._default_manager.filter(named, company=company).select_related("customer")
    found: list[Any] = list(rows.order_by("name", "pk")[:LOOKED_UP])
    ids: list[str] = [str(one.pk) for one in found]
    spoken_of: set[str] = set()
    for log in LOGS.values():
        entries = retention.unerased(log, company.pk).order_by()
        spoken_of.update(entries.filter(object_id__in=ids).values_list("object_id", flat=True).distinct())
        spoken_of.update(entries.filter(actor_id__in=ids).values_list("actor_id", flat=True).distinct())
    for one in found:
        if str(one.pk) in spoken_of:
            yield Person(CONTACT, one.pk, str(one), str(one.customer))


def _named_in_entries(company: Company, text: str) -> Iterator[Person]:
    """Contacts by what the newest entries call them, whatever their records say today."""
    named: dict[str, tuple[str, UUID | None]] = {}
    for log in LOGS.values():
        newest = retention.unerased(log, company.pk).order_by("-at", "-id").values("pk")[:NEWEST]
        rows = log._base_manager.filter(pk__in=newest)
        acted = rows.filter(actor_type="contact", actor_label__icontains=text)
        acted_on = rows.filter(object_type="contact", object_label__icontains=text)
        for found in (
            acted_on.values_list("object_id", "object_label", "customer_id").distinct()[:SHOWN],
            acted.values_list("actor_id", "actor_label", "customer_id").distinct()[:SHOWN],
        ):
            for id, name, customer_id in found:
                named.setdefault(id, (name, customer_id))
    [customers] = customer_models
    known = customers._default_manager.filter(
        company=company, pk__in=[customer_id for _, customer_id in named.values()]
    )
    names = {customer.pk: str(customer) for customer in known}
    for id, (name, customer_id) in named.items():
        yield Person(CONTACT, UUID(id), name, names.get(customer_id, ""))
