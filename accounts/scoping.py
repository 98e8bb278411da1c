"""Every query on a company's records runs inside that company's scope, or raises."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from django_scopes import scope

if TYPE_CHECKING:
    from accounts.models import Company


def in_company(company: "Company") -> AbstractContextManager[None]:
    """Open the scope of one company; models with `ScopedManager(company="company_id")` see only it."""
    return scope(company=company.pk)
