"""People of one company who ask each other, and what waits between them."""

import datetime
from typing import Any

from accounts.actions import approvals
from accounts.approvals import find
from accounts.models import Approval, Company
from tests import books, visitors

AT = books.AT
HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR


def switch_on(company: Company, **rules: dict[str, int]) -> None:
    """Let these kinds wait, as if it had been so for long."""
    Company.objects.filter(pk=company.pk).update(approvals=rules)
    company.refresh_from_db()


def who(membership, at=AT):
    """Under whose name an action is taken, and when."""
    return {"membership": membership, "by": visitors.access(membership).actor, "at": at}


def other_bank_details(after: str) -> dict[str, Any]:
    """What is asked for by somebody who types these payment instructions where there were none."""
    told = {"bank_details": "", "footer": ""}
    changes = {"Payment instructions": ["", after]}
    return {"before": told, "after": told | {"bank_details": after}, "changes": changes}


def request_of(membership, *, kind="bank_details", target=None, at=AT, **asked) -> Approval:
    """A request, asked for as its page would; of the kind that needs no other record unless told otherwise."""
    asked.setdefault("payload", other_bank_details("IBAN DE00"))
    seller = books.seller(membership.company)
    return approvals.ask(kind=find(kind), target=target or seller, **asked, **who(membership, at))
