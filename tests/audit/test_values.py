import pytest

from audit import values


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "—"),
        ("", "—"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ([], ""),
        (["a", None, 2], "a, —, 2"),
        ({"city": "Riga", "code": None}, "city: Riga, code: —"),
        ("first\nsecond\x1b", "first\nsecond\\x1b"),
    ],
)
def test_values_are_spoken_in_words(value, words):
    assert values.spoken(value) == words


@pytest.mark.parametrize(
    "name", ["password", "new_password", "api_key", "apiKey token", "recovery_tokens", "TOTP-seed", "card_pin"]
)
def test_names_that_announce_a_secret(name):
    assert values.is_secret(name)


@pytest.mark.parametrize("name", ["passenger", "monkey", "pinned", "keyboard_layout", "reference", "number"])
def test_names_that_do_not(name):
    assert not values.is_secret(name)


def test_letters_of_every_script_are_left_alone():
    text = "Żółć 株式会社 شركة 👩\u200d👩\u200d👧 नि\u200dष"

    assert values.visible(values.text(text)) == text
