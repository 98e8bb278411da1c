import pytest

from accounts.actions import users
from accounts.errors import EmailAlreadyUsed, PasswordNotAllowed
from accounts.models import User
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db


def create(email="Ada@example.com", password=make.PASSWORD, **details):
    return users.create(email=email, name="Ada", password=password, by=make.BY, at=make.AT, **details)


def test_an_address_gets_one_account():
    create()

    with pytest.raises(EmailAlreadyUsed):
        create("ada@EXAMPLE.com")
    assert [str(entry) for entry in SecurityEvent.objects.all()] == ["tests created the account of Ada"]
    assert User.objects.get().email == "ada@example.com"


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("herons", "too short"),
        ("correcthorsebatterystaple", "known from break-ins"),
        ("ada@example.com 1", "mostly your name"),
        ("Harbour Works 2026", "mostly your name"),
    ],
)
def test_a_first_password_keeps_the_same_rules(password, complaint):
    with pytest.raises(PasswordNotAllowed, match=complaint):
        create(password=password, about=["Harbour Works"])
    assert not User.objects.exists()
