"""Private unless it says otherwise: every address leads to a view that declares who may open it."""

from accounts.permissions import Permission
from security.checks import routes
from security.guards import THIRD_PARTY_VIEWS
from tests.house.code import report

# Guards that are not a permission, each with who gets through.
OTHER_GUARDS = {
    "public": "everybody",
    "signed_in": "a member who is fully signed in, for pages about their own account",
    "factor_set_up": "a member who is signed in, also while a factor that is demanded of them is missing",
    "portal": "a contact in the portal, for their own customer's records",
}


def test_every_view_says_who_may_open_it():
    known = {*OTHER_GUARDS, *Permission}
    wrong = [
        f"/{route} -> {name(view)} declares {getattr(view, 'guard', None)!r}"
        for route, view in routes()
        if name(view) not in THIRD_PARTY_VIEWS and getattr(view, "guard", None) not in known
    ]
    assert not wrong, report(wrong)


def test_every_view_of_others_is_served_and_has_its_reason():
    served = {name(view) for _, view in routes()}
    wrong = [view for view, reason in THIRD_PARTY_VIEWS.items() if view not in served or len(reason) < 20]
    assert not wrong, report(wrong)


def name(view) -> str:
    return f"{view.__module__}.{view.__qualname__}"
