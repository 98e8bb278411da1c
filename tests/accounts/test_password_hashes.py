"""How passwords are kept, with the hasher of production."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import User
from invoiced.settings import PASSWORD_HASHERS
from tests import make
from tests.accounts.signing_in import give_password, is_inside

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hashers_of_production(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


def stored(user):
    """The algorithm and the count of rounds in front of a stored hash."""
    return User.objects.get(pk=user.pk).password.split("$")[:2]


def test_signing_in_brings_an_old_count_up_to_todays(browser):
    user = make.member(user=make.user("ada@example.com")).user
    user.password = PBKDF2PasswordHasher().encode(make.PASSWORD, "0123456789abcdef", iterations=1000)
    user.save()
    assert stored(user) == ["pbkdf2_sha256", "1000"]

    give_password(browser)

    assert is_inside(browser)
    assert stored(user) == ["pbkdf2_sha256", str(PBKDF2PasswordHasher.iterations)]
    assert PBKDF2PasswordHasher.iterations >= 1_000_000


def test_a_wrong_password_leaves_an_old_hash_alone(browser):
    user = make.user("ada@example.com")
    user.password = PBKDF2PasswordHasher().encode(make.PASSWORD, "0123456789abcdef", iterations=1000)
    user.save()

    give_password(browser, password="guessed")

    assert stored(user) == ["pbkdf2_sha256", "1000"]
