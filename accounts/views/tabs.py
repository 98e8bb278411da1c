"""A list in two parts, such as what is open and all there is: a chip for each, and pages within."""

from collections.abc import Mapping
from typing import Any

from audit.paging import Page

Tabs = Mapping[str, str]
"""What each part is called in the address and on its chip; the one shown without being asked for comes first."""


def chosen(request: Any, tabs: Tabs) -> str:
    """The part that the address asks for; the first where it asks for none there is."""
    asked = request.GET.get("tab", "")
    return asked if asked in tabs else next(iter(tabs))


def positions(request: Any) -> dict[str, str]:
    """Where in the list the page lies that the address asks for."""
    return {name: request.GET.get(name, "") for name in ("older_than", "newer_than")}


def context(request: Any, tabs: Tabs, page: Page) -> dict[str, Any]:
    """What the template of such a list shows: the rows of the page, the chips, and the way to the pages beside it."""
    tab, first = chosen(request, tabs), next(iter(tabs))
    urls = {name: request.path if name == first else f"{request.path}?tab={name}" for name in tabs}
    return {
        "rows": page.entries,
        "tab": tab,
        "chips": [{"label": label, "url": urls[name], "current": name == tab} for name, label in tabs.items()],
        "previous": page.newer_than and f"?tab={tab}&newer_than={page.newer_than}",
        "next": page.older_than and f"?tab={tab}&older_than={page.older_than}",
    }
