from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.middleware import common

from invoiced.views import method_not_allowed
from security.json_errors import is_for_programs


class CommonMiddleware(common.CommonMiddleware):
    """Django's, except that programs are not led on to the address with the slash: to them nothing is there."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return not is_for_programs(request) and super().should_redirect_with_slash(request)


class MethodNotAllowedPage:
    """Gives the bare answer 405 its page, like every other error has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return method_not_allowed(request, response["Allow"])
        return response
