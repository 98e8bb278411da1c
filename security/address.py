"""Where a request comes from, believing only the proxies named in TRUSTED_PROXIES."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_ip(request: HttpRequest) -> str | None:
    """The nearest address that is not one of our proxies.

    Every proxy appends the peer it saw to X-Forwarded-For. Read from the right, entries are
    believed for as long as the peer that wrote them is trusted; further left anyone may have
    written them. A Unix socket has no peer address: only a proxy of ours can be behind it.
    """
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    peer = request.META.get("REMOTE_ADDR", "")
    while hops and (_trusted(peer) or (not peer and settings.TRUSTED_PROXIES)):
        peer = hops.pop().strip()
        if not peer:
            break
    address = _address(peer)
    return str(address) if address else None


def _trusted(text: str) -> bool:
    address = _address(text)
    return address is not None and any(address in ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
