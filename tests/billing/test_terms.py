from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.terms import EarlyDiscount, Terms, TermsError, parse

TWO_TEN_NET_30 = Terms(30, early_discount=EarlyDiscount(Decimal(2), 10))


@pytest.mark.parametrize(
    ("text", "terms", "label"),
    [
        ("NET 30", Terms(30), "NET 30"),
        ("net30", Terms(30), "NET 30"),
        ("  Net   30  ", Terms(30), "NET 30"),
        ("Net 30 days", Terms(30), "NET 30"),
        ("30 days", Terms(30), "NET 30"),
        ("1 day", Terms(1), "NET 1"),
        ("n/30", Terms(30), "NET 30"),
        ("NET 030", Terms(30), "NET 30"),
        ("NET 999", Terms(999), "NET 999"),
        ("NET 0", Terms(0), "Due on receipt"),
        ("due on receipt", Terms(0), "Due on receipt"),
        ("DUE UPON RECEIPT", Terms(0), "Due on receipt"),
        ("Payable on receipt", Terms(0), "Due on receipt"),
        ("on receipt", Terms(0), "Due on receipt"),
        ("EOM", Terms(0, from_month_end=True), "EOM"),
        ("End of month", Terms(0, from_month_end=True), "EOM"),
        ("EOM + 15", Terms(15, from_month_end=True), "EOM + 15"),
        ("eom+15", Terms(15, from_month_end=True), "EOM + 15"),
        ("end of the month + 15 days", Terms(15, from_month_end=True), "EOM + 15"),
        ("end of month 15", Terms(15, from_month_end=True), "EOM + 15"),
        ("2% 10 NET 30", TWO_TEN_NET_30, "2% 10 NET 30"),
        ("2 % 10 days, net 30 days", TWO_TEN_NET_30, "2% 10 NET 30"),
        ("2/10 net 30", TWO_TEN_NET_30, "2% 10 NET 30"),
        ("2/10, n/30", TWO_TEN_NET_30, "2% 10 NET 30"),
        ("1.5% 0 NET 30", Terms(30, early_discount=EarlyDiscount(Decimal("1.5"), 0)), "1.5% 0 NET 30"),
        ("3% 10 EOM + 5", Terms(5, True, EarlyDiscount(Decimal(3), 10)), "3% 10 EOM + 5"),
    ],
)
def test_parse(text, terms, label):
    assert parse(text) == terms
    assert terms.label == label
    assert parse(label) == terms


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "30",
            "NET",
            "NET -5",
            "NET 1.5",
            "NET thirty",
            "NET 30 60",
            "net\x0030",
            "NET \u0663\u0660",
            "EOM - 5",
        ),
        *("EOM +", "2% NET 30", "% 10 NET 30", "2% 10", "2.00001% 10 NET 30", "2% 10 2% 10 NET 30"),
        *("\u202eNET 30", "NET 30;", "N" * 61, None, 30, b"NET 30"),
    ],
)
def test_parse_refuses_what_are_not_terms(text):
    with pytest.raises(TermsError) as refusal:
        parse(text)

    assert str(refusal.value) == (
        "These payment terms cannot be read. Write them like “NET 30”, “Due on receipt”, “EOM + 15” or “2% 10 NET 30”."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("NET 1000", "Payment terms can give at most 999 days."),
        ("NET 99999999999999999999", "Payment terms can give at most 999 days."),
        ("EOM + 1000", "Payment terms can give at most 999 days."),
        ("0% 10 NET 30", "An early payment discount must be more than 0% and less than 100%."),
        ("100% 10 NET 30", "An early payment discount must be more than 0% and less than 100%."),
        ("2% 30 NET 30", "The days for the early payment discount must be fewer than the days to pay."),
        ("2% 10 due on receipt", "The days for the early payment discount must be fewer than the days to pay."),
        ("2% 1000 EOM", "Payment terms can give at most 999 days."),
    ],
)
def test_parse_says_what_is_wrong(text, sentence):
    with pytest.raises(TermsError) as refusal:
        parse(text)

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("text", "issue_date", "due_date"),
    [
        ("Due on receipt", date(2026, 2, 28), date(2026, 2, 28)),
        ("NET 30", date(2026, 1, 30), date(2026, 3, 1)),
        ("NET 30", date(2028, 1, 30), date(2028, 2, 29)),
        ("NET 30", date(2026, 12, 15), date(2027, 1, 14)),
        ("NET 1", date(2028, 2, 28), date(2028, 2, 29)),
        ("NET 1", date(2026, 2, 28), date(2026, 3, 1)),
        ("NET 365", date(2028, 2, 29), date(2029, 2, 28)),
        ("EOM", date(2026, 2, 1), date(2026, 2, 28)),
        ("EOM", date(2028, 2, 1), date(2028, 2, 29)),
        ("EOM", date(2000, 2, 29), date(2000, 2, 29)),
        ("EOM", date(2100, 2, 1), date(2100, 2, 28)),
        ("EOM + 15", date(2026, 1, 1), date(2026, 2, 15)),
        ("EOM + 15", date(2026, 1, 31), date(2026, 2, 15)),
        ("EOM + 31", date(2026, 11, 30), date(2026, 12, 31)),
        ("EOM + 1", date(2026, 12, 31), date(2027, 1, 1)),
        ("NET 30", date(9999, 12, 1), date(9999, 12, 31)),
        ("EOM", date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_due_date(text, issue_date, due_date):
    assert parse(text).due_date(issue_date) == due_date


@pytest.mark.parametrize(
    ("text", "issue_date", "until"),
    [
        ("NET 30", date(2026, 1, 1), None),
        ("2% 10 NET 30", date(2026, 2, 20), date(2026, 3, 2)),
        ("2% 10 NET 30", date(2028, 2, 20), date(2028, 3, 1)),
        ("2% 0 NET 30", date(2026, 2, 20), date(2026, 2, 20)),
        ("2% 10 EOM", date(2026, 1, 5), date(2026, 1, 15)),
        ("2% 10 EOM", date(2026, 1, 25), date(2026, 1, 31)),
    ],
)
def test_early_discount_ends_on_its_day_and_never_after_the_due_date(text, issue_date, until):
    assert parse(text).early_discount_until(issue_date) == until


@pytest.mark.parametrize(("text", "issue_date"), [("NET 31", date(9999, 12, 1)), ("EOM + 1", date.max)])
def test_dates_beyond_the_calendar_are_refused(text, issue_date):
    with pytest.raises(TermsError, match=r"beyond the end of the calendar\. Choose an earlier issue date"):
        parse(text).due_date(issue_date)


@pytest.mark.parametrize("issue_date", [datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01", None])
def test_terms_count_from_a_day_and_nothing_else(issue_date):
    with pytest.raises(TermsError, match="count from a calendar day"):
        Terms(30).due_date(issue_date)


@pytest.mark.parametrize("days", [-1, 1000])
def test_terms_cannot_give_impossible_days(days):
    with pytest.raises(TermsError, match="at most 999 days"):
        Terms(days)
