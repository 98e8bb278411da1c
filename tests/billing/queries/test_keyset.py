import datetime

import pytest

from billing.models import Invoice
from billing.queries.invoice_list import ORDERS, listed
from tests import books

DAYS = [1, 3, 3, 3, 5, 7]


@pytest.fixture
def invoices(acme):
    start = datetime.date(2026, 3, 1)
    return [books.issued(acme, issue_date=start + datetime.timedelta(days=days)) for days in DAYS]


def numbers(page):
    return [row["number"] for row in page.rows]


def walk(sort, size=2):
    """Every page from the first to the last."""
    pages = [listed(Invoice.objects.all(), ORDERS[sort], size=size)]
    while pages[-1].after:
        pages.append(listed(Invoice.objects.all(), ORDERS[sort], after=pages[-1].after, size=size))
    return pages


@pytest.mark.parametrize("sort", sorted(ORDERS))
def test_pages_show_every_row_once_in_both_directions(invoices, sort):
    forward = walk(sort)
    backward = [forward[-1]]
    while backward[-1].before:
        backward.append(listed(Invoice.objects.all(), ORDERS[sort], before=backward[-1].before, size=2))

    assert [numbers(page) for page in forward] == [numbers(page) for page in reversed(backward)]
    assert sorted(number for page in forward for number in numbers(page)) == sorted(one.number for one in invoices)


def test_newest_first_is_by_day_and_then_by_id(invoices):
    [page] = walk("-issued", size=10)

    assert numbers(page) == [one.number for one in reversed(invoices)]


def test_drafts_have_their_place_among_numbers(acme, invoices):
    books.draft(acme)

    assert numbers(walk("number", size=10)[0])[0] is None
    assert numbers(walk("-number", size=2)[-1])[-1] is None


@pytest.mark.parametrize("sort", sorted(ORDERS))
@pytest.mark.parametrize(
    "nonsense",
    ["x", "~", "2026-03-01~", "~0190", "9" * 40 + "~" + "0" * 32, "2026-13-41 ~" + "0" * 32, "\0~" + "0" * 32],
)
def test_a_position_that_means_nothing_is_the_first_page(invoices, sort, nonsense):
    first = listed(Invoice.objects.all(), ORDERS[sort], size=3)

    assert numbers(listed(Invoice.objects.all(), ORDERS[sort], after=nonsense, size=3)) == numbers(first)
    assert numbers(listed(Invoice.objects.all(), ORDERS[sort], before=nonsense, size=3)) == numbers(first)


def test_a_position_behind_the_last_row_is_the_first_page(invoices):
    last = walk("-issued")[-1].rows[-1]
    position = f"{last['issue_date']}~{last['id'].hex}"

    assert numbers(listed(Invoice.objects.all(), ORDERS["-issued"], after=position, size=3)) == numbers(
        listed(Invoice.objects.all(), ORDERS["-issued"], size=3)
    )
