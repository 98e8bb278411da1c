"""Every address of the project, and what stands in it so that it leads to one of the records given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import PathConverter, StringConverter

# The record a route is about, where its name does not begin with it or an invoice must be in a certain state.
RECORDS = {
    "accounts:security_authenticator_rename": "app",
    "accounts:security_authenticator_remove": "app",
    "accounts:log_erasing_person": "contact",
    "audit:billing_proof": "billing_entry",
    "audit:security_proof": "security_entry",
    "mailbox_html": "mailbox_letter",
    "mailbox_attachment": "mailbox_letter",
    "billing:contact_create": "customer",
    "billing:customer_note_create": "customer",
    "billing:invoice_edit": "draft",
    "billing:invoice_issue": "draft",
    "billing:invoice_discard": "draft",
    "billing:invoice_reinstate": "written_off",
    "billing:invoice_settle_dispute": "disputed",
    "billing:note_create": "invoice",
    "billing:api_customer": "customer",
    "billing:api_invoice": "invoice",
    "billing:api_payment": "payment",
    "billing:restriction_member": "member",
    "billing:restriction_invitation": "invitation",
    "billing:restriction_key": "api_key",
    "portal:link_revoke": "invoice",
    "portal:pay": "invoice",
    "portal:sandbox": "charge",
}


@dataclass(frozen=True)
class Route:
    name: str
    guard: str
    asks_again: bool
    by_key: bool
    arguments: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        """Whether the address is one for programs."""
        return self.name.startswith("billing:api_")

    def address(self, records: SimpleNamespace, **changed: Any) -> str:
        """Where the route finds these records; `changed` puts something else into its place in the address."""
        given = {name: STANDS_FOR[name](self, records) for name in self.arguments if name not in changed}
        return reverse(self.name, kwargs=given | changed)

    def identity(self, records: SimpleNamespace) -> dict[str, Any]:
        """The part of the address that says which of these records it leads to; empty where it leads to none."""
        return {name: STANDS_FOR[name](self, records) for name in IDENTITIES if name in self.arguments}

    def record(self, records: SimpleNamespace) -> Any:
        noun = self.name.rpartition(":")[2]
        while noun and not hasattr(records, noun):
            noun = noun.rpartition("_")[0]
        return getattr(records, RECORDS.get(self.name, noun))


# What stands in the place of each argument, and which of them say what record it is.
STANDS_FOR: dict[str, Callable[[Route, SimpleNamespace], Any]] = {
    "actor_id": lambda route, of: of.contact.pk,
    "actor_type": lambda route, of: "contact",
    "id": lambda route, of: route.record(of).pk,
    "key": lambda route, of: of.role.key,
    "kind": lambda route, of: "contact",
    "link_id": lambda route, of: of.link.pk,
    "name": lambda route, of: of.tile,
    "number": lambda route, of: of.checkpoint.pk,
    "object_id": lambda route, of: of.invoice.pk,
    "object_type": lambda route, of: "invoice",
    "position": lambda route, of: 0,
    "token": lambda route, of: of.tokens[route.name],
}
TAKE_ANY_TEXT = (StringConverter, PathConverter)
IDENTITIES = ("id", "object_id", "actor_id", "key")


@cache
def all_routes() -> tuple[Route, ...]:
    """Every address of the project by its full name."""
    return tuple(_walk(get_resolver(), ""))


@cache
def route(name: str) -> Route:
    return next(one for one in all_routes() if one.name == name)


def _walk(resolver: URLResolver, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            view, converters = entry.callback, entry.pattern.converters
            yield Route(
                name=f"{namespace}{entry.name}",
                guard=str(view.guard),
                asks_again=getattr(view, "fresh_factor", False),
                by_key=getattr(view, "by_key", False),
                arguments=tuple(converters),
                texts=tuple(
                    name for name, takes in converters.items() if type(takes) in (StringConverter, PathConverter)
                ),
            )
        else:
            yield from _walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
