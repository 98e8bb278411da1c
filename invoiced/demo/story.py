"""The whole demo company in one transaction: all of it stands, or nothing does."""

import datetime
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Company
from accounts.scoping import in_company
from invoiced.demo import access, alerts, present, receivables
from invoiced.demo import company as founding
from invoiced.demo.company import Team
from invoiced.demo.history import History
from invoiced.demo.present import Desk


@dataclass(frozen=True, slots=True)
class Story:
    team: Team
    portal_link: str


def exists() -> bool:
    return Company.objects.filter(name=founding.COMPANY).exists()


@transaction.atomic
def tell(now: datetime.datetime) -> Story:
    """Found the company when the receivables begin, and let everything happen since."""
    data = receivables.read(now.date())
    beginning = datetime.datetime.combine(data[0].issued, datetime.time(6), tzinfo=datetime.UTC)
    company = founding.create(beginning)
    today = company.today(now)
    with in_company(company):
        team = founding.gather(company, beginning, now)
        ada, bo = team.actor("ada@fernhill.example"), team.actor("bo@fernhill.example")
        founding.present(company, ada, beginning)
        items = founding.stock(company, ada, beginning)
        fields = access.keep_more(company, ada, beginning)
        customers = founding.meet_customers(company, data, team, fields, beginning)
        History(company, customers, list(items.values()), bo, today, now).replay(data)
        known = [customer for customer, _ in customers.values()]
        administrator, clerk = (team.memberships[f"{name}@fernhill.example"] for name in ("ada", "bo"))
        shown = Desk(known, items, bo, clerk, today, now).lay_out()
        access.part(company, fields[0], known, administrator, founding.PASSWORD, now)
        access.let_wait(administrator, clerk, now)
        alerts.name_addresses(administrator, now)
        access.note_use(team.memberships.values(), now)
        return Story(team, present.link_to(shown, bo, now))
