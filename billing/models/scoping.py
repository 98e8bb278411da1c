from typing import Any

from django.db import models
from django_scopes import ScopedManager


def company_manager(queryset: type[models.QuerySet[Any]] = models.QuerySet) -> Any:
    """A manager that refuses every query made outside a company's scope, and keeps to the company inside it."""
    return ScopedManager(company="company_id", _manager_class=models.Manager.from_queryset(queryset))
