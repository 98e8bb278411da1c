"""What companies demand of a person's sign-in. No database: the rules work on what they are given."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.models import Company, Membership
from accounts.policy import NOTHING, Demand, Kind, demand, required

SINCE = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LONG_AGO = SINCE - timedelta(days=400)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Pacific/Kiritimati", "Asia/Beirut"]


def company(second_factor="required", *, zone="UTC", grace=7, since=SINCE, **rules):
    return Company(
        name="Ledger", time_zone=zone, second_factor=second_factor, grace_days=grace, policy_since=since, **rules
    )


def member(of, role="employee", joined=LONG_AGO):
    return Membership(company=of, role=role, created_at=joined)


def asked(of, at, *, role="employee", joined=LONG_AGO, app=False, passkey=False):
    return demand([member(of, role, joined)], app, passkey, at)


def start_of(day, zone="UTC"):
    """The first instant of a day in a zone, also where midnight itself is skipped."""
    return datetime.combine(day, time(), zoneinfo.ZoneInfo(zone)).astimezone(UTC)


def test_nothing_is_asked_where_the_policy_is_off():
    assert asked(company("off"), SINCE) == NOTHING
    assert demand([], False, False, SINCE) == NOTHING


def test_advice_is_for_those_who_have_nothing():
    advising = company("advised")

    assert asked(advising, SINCE) == Demand(Kind.ADVISED, company=advising)
    assert asked(advising, SINCE, app=True) == asked(advising, SINCE, passkey=True) == NOTHING


def test_the_days_of_grace_count_down_and_end():
    strict = company(grace=3)

    answers = [asked(strict, SINCE + timedelta(days=days)) for days in range(5)]

    last = date(2026, 3, 5)
    waiting = [Demand(Kind.SET_UP_BY, False, strict, last, left) for left in (3, 2, 1, 0)]
    assert answers == [*waiting, Demand(Kind.MISSING, False, strict)]


@pytest.mark.parametrize(("app", "passkey"), [(True, False), (False, True), (True, True)])
def test_any_factor_is_enough_for_a_company_that_requires_one(app, passkey):
    assert asked(company(), SINCE + timedelta(days=90), app=app, passkey=passkey) == NOTHING


def test_without_days_of_grace_it_is_missing_at_once():
    assert asked(company(grace=0), SINCE).kind is Kind.MISSING


def test_whoever_joins_later_has_their_own_days():
    strict = company(grace=7)
    joined = SINCE + timedelta(days=100)

    assert asked(strict, joined).kind is Kind.MISSING
    assert asked(strict, joined, joined=joined).last_day == date(2026, 6, 17)


def test_a_company_that_does_not_say_since_when_counts_from_joining():
    assert asked(company(since=None), SINCE, joined=SINCE).last_day == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("since", "grace", "last"),
    [
        (date(2028, 2, 27), 2, date(2028, 2, 29)),
        (date(2028, 2, 29), 1, date(2028, 3, 1)),
        (date(2027, 2, 27), 2, date(2027, 3, 1)),
        (date(2028, 2, 29), 366, date(2029, 3, 1)),
        (date(2026, 1, 31), 30, date(2026, 3, 2)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),
    ],
)
def test_grace_crosses_months_and_years_by_the_calendar(since, grace, last):
    strict = company(grace=grace, since=start_of(since))

    assert asked(strict, start_of(since)).last_day == last
    assert asked(strict, start_of(last) + timedelta(hours=23, minutes=59)).kind is Kind.SET_UP_BY
    assert asked(strict, start_of(last + timedelta(days=1))).kind is Kind.MISSING


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("last", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 9, 5)])
def test_the_last_day_is_whole_on_the_companys_calendar_whatever_its_clocks_do(zone, last):
    """29 March and 25 October are the changes of Europe; Santiago and Beirut skip midnight itself."""
    strict = company(zone=zone, grace=5, since=start_of(last - timedelta(days=5), zone))
    end = start_of(last + timedelta(days=1), zone)

    assert asked(strict, end - timedelta(seconds=1)) == Demand(Kind.SET_UP_BY, False, strict, last, 0)
    assert asked(strict, end).kind is Kind.MISSING


def test_one_instant_can_be_over_in_one_zone_and_not_in_another():
    since, at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC), datetime(2026, 3, 10, 0, 30, tzinfo=UTC)

    assert asked(company(zone="Pacific/Kiritimati", since=since), at).kind is Kind.MISSING
    assert asked(company(zone="America/New_York", since=since), at).kind is Kind.SET_UP_BY


def test_a_passkey_is_demanded_of_administrators_alone_and_an_app_does_not_do():
    strict = company("off", passkey_for_administrators=True, passkey_since=SINCE, since=None)
    late = SINCE + timedelta(days=8)

    assert asked(strict, late) == NOTHING
    assert asked(strict, late, role="administrator", app=True) == Demand(Kind.MISSING, True, strict)
    assert asked(strict, SINCE, role="administrator", app=True).needs_passkey
    assert asked(strict, late, role="administrator", passkey=True) == NOTHING


def test_a_passkey_demanded_later_has_days_of_its_own():
    strict = company(passkey_for_administrators=True, passkey_since=SINCE + timedelta(days=60))
    at = SINCE + timedelta(days=60)

    with_app = asked(strict, at, role="administrator", app=True)
    without = asked(strict, at, role="administrator")

    assert (with_app.kind, with_app.needs_passkey, with_app.last_day) == (Kind.SET_UP_BY, True, date(2026, 5, 8))
    assert (without.kind, without.needs_passkey) == (Kind.MISSING, False)


def test_the_strictest_company_counts():
    advising, waiting, nearer, over = company("advised"), company(grace=9), company(grace=8), company(grace=1)
    at = SINCE + timedelta(days=5)

    def of(*companies):
        return demand([member(one) for one in companies], False, False, at).company

    assert of(advising, waiting) is waiting
    assert of(waiting, nearer, advising) is nearer
    assert of(nearer, over, waiting) is over


def test_what_may_not_be_removed_counts_no_grace():
    strict = company(grace=60)
    admins = company("off", passkey_for_administrators=True, passkey_since=SINCE)

    assert required([member(strict)], False, False) == Demand(Kind.MISSING, False, strict)
    assert required([member(strict)], True, False) == required([member(strict)], False, True) == NOTHING
    assert required([member(admins, "administrator")], True, False) == Demand(Kind.MISSING, True, admins)
    assert required([member(admins, "administrator")], False, True) == NOTHING
    assert required([member(admins), member(company("advised"))], False, False) == NOTHING


instants = some.integers(0, 15 * 365 * 24 * 60).map(lambda minutes: LONG_AGO + timedelta(minutes=minutes))
companies = some.builds(
    company,
    some.sampled_from(Company.SecondFactor.values),
    zone=some.sampled_from(ZONES),
    grace=some.integers(0, 60),
    since=some.none() | instants,
    passkey_for_administrators=some.booleans(),
    passkey_since=some.none() | instants,
)
memberships = some.lists(
    some.builds(member, companies, some.sampled_from(["administrator", "read_only"]), instants), max_size=4
)


@given(memberships, instants)
def test_a_passkey_satisfies_everybody_and_more_factors_never_ask_for_more(held, at):
    asked_of = {have: demand(held, *have, at).kind for have in product((False, True), repeat=2)}

    assert asked_of[False, True] == asked_of[True, True] == Kind.NONE
    assert asked_of[True, False] <= asked_of[False, False]


@given(memberships, instants, some.timedeltas(timedelta(0), timedelta(days=200)))
def test_a_demand_only_grows_with_time_and_names_its_company(held, at, later):
    before, after = (demand(held, False, False, instant) for instant in (at, at + later))

    assert before.kind <= after.kind
    assert (before.company in [one.company for one in held]) == (before.kind is not Kind.NONE)


@given(memberships, instants)
def test_one_more_company_never_asks_for_less(held, at):
    for count in range(len(held)):
        assert demand(held[:count], False, False, at).kind <= demand(held[: count + 1], False, False, at).kind


@given(companies, instants, instants)
def test_the_day_that_is_shown_is_the_day_on_which_it_ends(one, joined, at):
    answer = asked(one, at, joined=joined)
    if answer.kind is Kind.SET_UP_BY:
        end = start_of(answer.last_day + timedelta(days=1), one.time_zone)
        assert answer.days_left == (answer.last_day - one.today(at)).days >= 0
        assert asked(one, end - timedelta(seconds=1), joined=joined).kind is Kind.SET_UP_BY
        assert asked(one, end, joined=joined).kind is Kind.MISSING
