"""What a password must be: long, not on the lists everybody tries, and not made of what is known about the person."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError

LEAST_LENGTH = 15
GREATEST_LENGTH = 256
LEAST_DIFFERENT_CHARACTERS = 5
SHORTEST_TELLING_WORD = 4
PRODUCT_WORDS = ("invoiced", "invoice", "password")

VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": LEAST_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "security.passwords.NotTooLong"},
    {"NAME": "security.passwords.NotRepetitive"},
    {"NAME": "security.passwords.NotAboutThePerson"},
]


class NotTooLong:
    """Beyond this nobody types it; it would only make the server work."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > GREATEST_LENGTH:
            raise ValidationError(f"This password is too long. Use at most {GREATEST_LENGTH} characters.")

    def get_help_text(self) -> str:
        return f"Use at most {GREATEST_LENGTH} characters."


class NotRepetitive:
    """A long password of a few characters is a short one typed often."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(set(password)) < LEAST_DIFFERENT_CHARACTERS:
            raise ValidationError(
                "This password repeats too few characters. Use at least "
                f"{LEAST_DIFFERENT_CHARACTERS} different ones; several unrelated words work well."
            )

    def get_help_text(self) -> str:
        return f"Use at least {LEAST_DIFFERENT_CHARACTERS} different characters."


class NotAboutThePerson:
    """What is left of a password once names and product words are taken out must still be long enough."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = _folded(password)
        for word in sorted(_known_words(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(rest) < LEAST_LENGTH // 2:
            raise ValidationError(
                "This password is mostly your name, your e-mail address or the name of this product. "
                "Choose words that have nothing to do with you."
            )

    def get_help_text(self) -> str:
        return "Do not build it from your name, your e-mail address or the name of this product."


def _known_words(user: Any) -> set[str]:
    about = f"{getattr(user, 'email', '')} {getattr(user, 'name', '')}"
    words = re.split(r"[\W_]+", _folded(about))
    return {word for word in (*words, *PRODUCT_WORDS) if len(word) >= SHORTEST_TELLING_WORD}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
