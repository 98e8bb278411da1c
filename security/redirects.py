"""Where to go next, never to another site."""

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def next_url(request: HttpRequest, default: str) -> str:
    """The `next` address of the request if it is a path of ours, else the default page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_local(wanted) else resolve_url(default)


def is_local(address: str) -> bool:
    """Whether an address is a path on this site and nothing else."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
