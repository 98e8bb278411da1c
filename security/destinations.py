"""Where a request to an address that somebody configured may go.

Readers of addresses disagree about odd ones, and that is how a check is passed by one and dialled as another. Whatever
two readers could take differently is refused here, and what is left is written in one way.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = (443, 8443)
LONGEST = 500
PRINTED = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
ALLOWED = re.compile(r"(\[[0-9A-Fa-f:./]+\]|[^:\[\]]+)(?::([1-9][0-9]{0,4}))?")

# IANA's registries of special-purpose addresses, and the ways in which IPv6 carries IPv4 (RFC 6890, RFC 8190).
SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4".split(),
    )
)
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

WHOLE = "Write a whole address, like https://logs.example.com/intake."
ODD_HOST = "Write the host of the address as a plain name, such as logs.example.com, or as a whole IP address."
NOT_PUBLIC = (
    "This address is not on the public internet, and nothing is sent to inner networks. "
    "Whoever runs this installation can allow one with OUTBOUND_ALLOWED."
)


class OutboundError(Exception):
    """A request could not be made; the text says why, and nothing of what an inner machine answered."""


class AddressRefused(OutboundError):
    """Nothing is ever sent to such an address."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What whoever runs the installation lets through: a name or a network, on one port or the usual ones."""

    name: str
    network: IPNetwork | None
    port: int | None

    def lets(self, destination: "Destination", address: IPAddress) -> bool:
        if destination.port not in ((self.port,) if self.port else PORTS):
            return False
        if self.network is not None:
            return address in self.network
        is_never_meant = address.is_link_local or address.is_multicast or address.is_unspecified
        return destination.host == self.name and not is_never_meant


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart. The host is a name in lower case, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host and port as the Host header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The address without its path, which may hold a secret."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.path


def parse_allowed(words: Iterable[str]) -> list[Allowed]:
    """Read OUTBOUND_ALLOWED: names, addresses and networks, each with a port after a colon if it is an unusual one."""
    return [_allowed(word) for word in words]


def parse(url: str) -> Destination:
    """Take an address apart; raise AddressRefused, with what to write instead, for one that is never asked."""
    if len(url) > LONGEST:
        raise AddressRefused(f"This address is too long: it may have {LONGEST} characters.")
    if "#" in url:
        raise AddressRefused("Leave out the # in the address and what follows it.")
    if not url.isascii():
        raise AddressRefused("Write the address in plain letters only; a host in other letters in its xn-- form.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused(WHOLE) from None
    if not PRINTED.fullmatch(url) or parts.scheme not in ("https", "http") or not parts.netloc:
        raise AddressRefused(WHOLE)
    if "@" in parts.netloc:
        raise AddressRefused("Leave the user name and password out of the address.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    usual_port = 443 if parts.scheme == "https" else 80
    found = Destination(parts.scheme, _host(parts.netloc), usual_port if port is None else port, path)
    _refuse_unusual(found)
    return found


def refuse_address(destination: Destination, address: IPAddress) -> None:
    """Raise AddressRefused unless a request to the destination may go to this IP address."""
    is_allowed = any(one.lets(destination, address) for one in settings.OUTBOUND_ALLOWED)
    if destination.scheme == "http":
        is_allowed = is_allowed and address.is_loopback
    elif is_public(address) and destination.port in PORTS:
        is_allowed = True
    if not is_allowed:
        raise AddressRefused(NOT_PUBLIC)


def is_public(address: IPAddress) -> bool:
    """Whether an address is somebody's on the internet, and not inside, special, or a cover for another one."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    if address in NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_IPV6 and not any(address in network for network in SPECIAL_IPV6)


def literal(host: str) -> IPAddress | None:
    """The IP address a host is; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host(netloc: str) -> str:
    """The host of what stands between the slashes; refused unless it can be read in one way only."""
    if netloc.startswith("["):
        host, _, port = netloc[1:].partition("]")
        address = literal(host)
        if address is None or address.version != 6 or "%" in host or port[:1] not in ("", ":"):
            raise AddressRefused(ODD_HOST)
        return str(address)
    host = netloc.partition(":")[0].lower()
    if isinstance(literal(host), ipaddress.IPv4Address):
        return host
    labels = host.split(".")
    is_name = len(host) <= 253 and all(LABEL.fullmatch(label) for label in labels)
    # Some readers take a host that ends in a number for an IP address, in eights or sixteens if it looks so.
    if not is_name or NUMERIC_LABEL.fullmatch(labels[-1]):
        raise AddressRefused(ODD_HOST)
    if len(labels) == 1 and not any(one.name == host for one in settings.OUTBOUND_ALLOWED):
        raise AddressRefused(NOT_PUBLIC)
    return host


def _refuse_unusual(destination: Destination) -> None:
    """What can be told before a name is resolved."""
    allowed, address = settings.OUTBOUND_ALLOWED, literal(destination.host)
    if destination.scheme == "http" and not (allowed and (address is None or address.is_loopback)):
        raise AddressRefused("The address must begin with https://.")
    if destination.port not in PORTS and all(one.port != destination.port for one in allowed):
        raise AddressRefused("Only the ports 443 and 8443 can be used.")
    if address is not None:
        refuse_address(destination, address)


def _allowed(word: str) -> Allowed:
    found = ALLOWED.fullmatch(word)
    host, port = found.groups() if found else (word, None)
    try:
        return Allowed("", ipaddress.ip_network(host.strip("[]")), _port(port))
    except ValueError:
        name = host.lower()
    if not found or _port(port) == 0 or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise ImproperlyConfigured(
            f'OUTBOUND_ALLOWED has "{word}". Write host names, IP addresses and networks, each with its port if that '
            "is neither 443 nor 8443, like logs.internal:9443,10.4.0.0/16,[fd00::7]:9443"
        )
    return Allowed(name, None, _port(port))


def _port(text: str | None) -> int | None:
    """0 for a number that is no port."""
    return None if text is None else int(text) if int(text) <= 0xFFFF else 0
