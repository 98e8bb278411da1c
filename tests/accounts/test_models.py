from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Company, Membership, TotpDevice, User
from accounts.models.user import normalise_email
from tests import make

pytestmark = pytest.mark.django_db


def test_one_address_is_one_account_in_any_case():
    make.user("ada@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Ada@Example.com", name="Ada", created_at=make.AT)
    assert User.objects.get_by_natural_key(" ADA@example.COM ").email == "ada@example.com"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("\uff41da@example.com", "ada@example.com"),
        ("ADA@BÜRO.example", "ada@büro.example"),
    ],
)
def test_an_address_has_one_spelling(typed, stored):
    assert normalise_email(typed) == stored


def test_a_raised_epoch_ends_sessions_as_a_new_password_does():
    user = make.user()
    before = user.get_session_auth_hash()

    user.session_epoch += 1

    assert user.get_session_auth_hash() != before


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 3, 31)),
        ("Europe/Berlin", date(2026, 4, 1)),
        ("Pacific/Kiritimati", date(2026, 4, 1)),
        ("Pacific/Pago_Pago", date(2026, 3, 31)),
    ],
)
def test_the_company_decides_which_day_it_is(zone, day):
    assert make.company(time_zone=zone).today(datetime(2026, 3, 31, 22, 30, tzinfo=UTC)) == day


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe/Berlin\x00", "../../etc/passwd"])
def test_a_company_needs_a_zone_that_exists(zone):
    with pytest.raises(ValidationError) as refusal:
        Company(name="Harbour Works", time_zone=zone, created_at=make.AT).full_clean()

    assert [*refusal.value.message_dict] == ["time_zone"]


def test_a_person_is_a_live_member_of_a_company_once():
    ended = make.member()
    Membership.objects.filter(pk=ended.pk).update(revoked_at=make.AT)
    make.member(company=ended.company, user=ended.user)

    with pytest.raises(IntegrityError), transaction.atomic():
        make.member(company=ended.company, user=ended.user)


def test_an_unknown_role_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        make.member("owner")


def test_the_uri_for_apps_says_whose_key_it_is():
    device = TotpDevice(user=User(email="ada+x@example.com"), seed="JBSWY3DPEHPK3PXP")

    assert device.provisioning_uri() == (
        "otpauth://totp/Invoiced%3Aada%2Bx%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Invoiced&digits=6&period=30"
    )
