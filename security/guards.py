"""What a view declares about who may open it. A view that declares nothing is never served."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]

SIGNED_IN = "signed_in"
PUBLIC = "public"
FACTOR_SET_UP = "factor_set_up"
PORTAL = "portal"

THIRD_PARTY_VIEWS: dict[str, str] = {}
"""Views that others wrote and we serve as they are: dotted name to the reason why that is safe."""


def require(permission: str) -> Callable[[View], View]:
    """Let the request through only if its access holds `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            access = getattr(request, "access", None)
            if access is None or not access.can(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return _declare(guarded, permission)

    return decorate


def signed_in(view: View) -> View:
    """For anyone signed in, whatever they may do: pages about the person's own account."""
    return _declare(_for_users(view), SIGNED_IN)


def factor_set_up(view: View) -> View:
    """For anyone signed in, even where a second factor is demanded that they have yet to set up."""
    return _declare(_for_users(view), FACTOR_SET_UP)


def public(view: View) -> View:
    """For everybody, signed in or not."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return _declare(login_not_required(opened), PUBLIC)


def _for_users(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _declare(view: View, guard: str) -> View:
    view.guard = guard
    return view


def is_declared(view: View) -> bool:
    """Whether the view says who may open it, or is a listed one that others wrote."""
    return hasattr(view, "guard") or _name(view) in THIRD_PARTY_VIEWS


def _name(view: View) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"
