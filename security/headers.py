"""What a single page tells browsers beyond what all pages tell them."""

from functools import wraps
from typing import Any

from security.guards import View


def keeping_its_address(view: View) -> View:
    """The address is a key: no request that follows from its page or its answer tells where it came from.

    The origin is told, for a browser that hides even that sends forms which are refused as somebody else's.
    """

    @wraps(view)
    def kept(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        response["Referrer-Policy"] = "strict-origin"
        return response

    return kept
