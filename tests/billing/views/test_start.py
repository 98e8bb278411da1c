"""Where people begin who may not see the dashboard."""

import pytest

from accounts.permissions import Permission
from accounts.scoping import in_company
from tests import books, make, visitors

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("held", "page"),
    [
        ((Permission.REPORT_VIEW,), None),
        ((Permission.INVOICE_VIEW, Permission.PAYMENT_VIEW), "/invoices/"),
        ((Permission.PAYMENT_VIEW,), "/payments/"),
        ((Permission.TEAM_VIEW,), "/settings/team/"),
        ((), "/settings/security/"),
    ],
    ids=["dashboard", "invoices", "payments", "team", "own account"],
)
def test_it_is_the_first_page_their_role_opens(held, page):
    company = visitors.company()
    with in_company(company):
        books.seller(company)
    browser = visitors.browser(visitors.member(company, make.role(company, *held)))

    answer = browser.get("/")

    assert (answer.status_code, answer.headers.get("Location")) == ((302, page) if page else (200, None))
    assert page is None or browser.get(page).status_code == 200
