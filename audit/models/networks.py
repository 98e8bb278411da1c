"""Whether an address lies in a network, asked of the database."""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import GenericIPAddressField, Lookup


@GenericIPAddressField.register_lookup
class Within(Lookup[bool]):
    """`ip__within="192.0.2.0/24"`, for networks of either version in CIDR form (RFC 4632, RFC 4291)."""

    lookup_name = "within"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        address, given = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{address} <<= %s::inet", (*given, str(self.rhs))
        return f"ip_is_within({address}, %s)", (*given, str(self.rhs))

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (str(value),)


def teach(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Give SQLite, which knows no addresses, the function that PostgreSQL has."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("ip_is_within", 2, _is_within, deterministic=True)


@lru_cache(maxsize=10_000)
def _is_within(address: str | None, network: str) -> bool:
    return address is not None and ip_address(address) in ip_network(network)
