"""Where a request comes from, believing only the proxies we run ourselves."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

IPV6_SUBSCRIBER = 64


def client_ip(request: HttpRequest) -> str | None:
    """The address of the caller as the outermost of our TRUSTED_PROXIES proxies saw it.

    Each proxy appends its peer to X-Forwarded-For, so with n proxies the n-th entry from the right
    is the first one that no stranger could have written. A request with fewer entries did not come
    through all of them, and only its connection is believed.
    """
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.TRUSTED_PROXIES <= len(hops) and hops != [""]:
        return _valid(hops[-settings.TRUSTED_PROXIES])
    return _valid(request.META.get("REMOTE_ADDR", ""))


def source(ip: str | None) -> str:
    """What counts as one source of tries: an address, or the /64 network that one IPv6 subscriber has to themselves."""
    if ip is None:
        return ""
    address = ipaddress.ip_address(ip)
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, IPV6_SUBSCRIBER), strict=False))


def _valid(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None
