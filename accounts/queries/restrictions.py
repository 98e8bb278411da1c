"""Restrictions in words: kept are the ids of fields, read are the names people gave them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from accounts.access import Access
from accounts.models import ApiKey, Company, Invitation, Membership

AnyRestricted = TypeVar("AnyRestricted", Membership, Invitation, ApiKey)
Names = list[tuple[str, Sequence[str]]]

naming: list[Callable[[Company, Sequence[Mapping[str, Collection[str]]]], list[Names]]] = []
"""How a company's {field id: [value, ...]} are read, several at once; the app that has the fields adds it."""


def named(company: Company, restricted: Iterable[AnyRestricted]) -> list[AnyRestricted]:
    """The same, each with `restriction_words` that name fields and values. One query for all; none without fields."""
    rows = list(restricted)
    by_fields = [row for row in rows if row.field_values]
    for names_of in naming if by_fields else ():
        found = names_of(company, [row.field_values for row in by_fields])
        for row, names in zip(by_fields, found, strict=True):
            row.named_values = names
    return rows


def named_for(access: Access, restricted: Iterable[AnyRestricted]) -> list[AnyRestricted]:
    """The same for a reader. To whoever sees only some customers the values of others are not told."""
    return list(restricted) if access.is_restricted else named(access.company, restricted)


def words_of(restricted: AnyRestricted) -> str:
    """Which customers one of them sees, with fields and values named."""
    named(restricted.company, [restricted])
    return restricted.restriction_words
