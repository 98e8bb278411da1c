import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

ADA = User(email="ada.lovelace@harbour-works.example", name="Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "seven quiet lanterns at dusk",
        "correct horse battery staple",
        "Tr0ub4dor&3-but-longer",
        "王小明 schreibt gern Briefe",
    ],
)
def test_long_unrelated_words_are_accepted(password):
    validate_password(password, ADA)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("short", "too short"),
        ("fourteen chars", "too short"),
        ("x" * 257, "too long"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats too few"),
        ("abababababababababab", "repeats too few"),
        ("adalovelaceadalovelace", "mostly your name"),
        ("Lovelace-harbour-2024", "mostly your name"),
        ("invoiced-password-1", "mostly your name"),
        ("ADA.LOVELACE@HARBOUR", "mostly your name"),
    ],
)
def test_guessable_passwords_are_refused_with_what_to_change(password, complaint):
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, ADA)

    assert complaint in " ".join(refusal.value.messages)
