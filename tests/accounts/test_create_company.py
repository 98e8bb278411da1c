import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Company, Membership, User
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db

GIVEN = {"time_zone": "Europe/Berlin", "currency": "EUR", "email": "Ada@Example.com", "person": "Ada Lovelace"}


def create(name="Harbour Works", generate_password=True, **options):
    out = io.StringIO()
    call_command("create_company", name, stdout=out, generate_password=generate_password, **GIVEN | options)
    return out.getvalue()


def test_it_makes_the_company_its_administrator_and_the_entries():
    said = create()

    membership = Membership.objects.get()
    password = said.rpartition("shown only now: ")[2].strip()
    assert (membership.company.name, membership.company.time_zone) == ("Harbour Works", "Europe/Berlin")
    assert (membership.user.email, membership.role) == ("ada@example.com", "administrator")
    assert membership.user.check_password(password)
    assert sorted(str(entry) for entry in SecurityEvent.objects.all()) == [
        "create_company added Ada Lovelace as Administrator",
        "create_company created the account of Ada Lovelace",
        "create_company created the company Harbour Works",
    ]
    assert password not in str(list(SecurityEvent.objects.values()))


def test_a_person_who_has_an_account_keeps_their_password():
    user = make.user("ada@example.com")

    said = create()

    user.refresh_from_db()
    assert "Password" not in said
    assert user.check_password(make.PASSWORD)
    assert Membership.objects.get().user == user


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"time_zone": "Mars/Olympus"}, "not a time zone"),
        ({"currency": "EURO"}, "currency is not known"),
        ({"email": "not an address"}, "valid email"),
        ({"name": ""}, "cannot be blank"),
        ({"name": "Harbour\x00Works"}, "invisible control character"),
        ({"person": "Ada\u202e"}, "reading direction"),
        ({"person": "x" * 121}, "at most 120 characters"),
        ({"name": "x" * 121}, "at most 120 characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left_behind(wrong, complaint):
    with pytest.raises(CommandError, match=complaint):
        create(**wrong)

    assert [model.objects.count() for model in (Company, User, Membership, SecurityEvent)] == [0, 0, 0, 0]


def test_without_anybody_to_ask_it_says_how_to_go_on():
    with pytest.raises(CommandError, match="Add --generate-password"):
        create(generate_password=False)
