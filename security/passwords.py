"""What a password must be: long, on no list of those everybody tries, and not made of what is known about the person.

There are no rules about which kinds of characters it holds: they make passwords harder to remember, not to guess.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from security.guessing import score
from security.leaked_passwords import folded, is_leaked

LEAST_LENGTH = 15
GREATEST_LENGTH = 256
LEAST_DIFFERENT_CHARACTERS = 5
LEAST_SCORE = 4
BROKEN_RULE_SCORE = 2
SHORTEST_WORD = 3
LEAST_LETTERS_LEFT = 7
PRODUCT_WORDS = ("invoiced", "invoices", "invoice", "password", "receivables")
RULES = f"minlength: {LEAST_LENGTH}; maxlength: {GREATEST_LENGTH};"
"""The same for password managers, in the language of the attribute `passwordrules`."""

VALIDATORS: list[dict[str, Any]] = [{"NAME": "security.passwords.Validator"}]


@dataclass(frozen=True, slots=True)
class Strength:
    """How well a password stands, from 0 to 4, and what keeps it from being accepted."""

    score: int
    reasons: list[str]


def strength(password: str, about: Iterable[str] = ()) -> Strength:
    """Judge a password for somebody of whom these texts are known: name, address, companies. It costs up to 0.2 s."""
    if len(password) > GREATEST_LENGTH:
        return Strength(0, [f"This password is too long. Use at most {GREATEST_LENGTH} characters."])
    words = words_of(about)
    reasons, guessed = _plain_reasons(password, words), score(password, words)
    if reasons:
        return Strength(min(guessed, BROKEN_RULE_SCORE), reasons)
    if guessed < LEAST_SCORE:
        reasons = ["This password is too easy to guess. Add words that have nothing to do with each other or with you."]
    return Strength(guessed, reasons)


def validate(password: str, about: Iterable[str] = ()) -> None:
    """Refuse a password that breaks a rule, with what to change."""
    reasons = strength(password, about).reasons
    if reasons:
        raise ValidationError(reasons)


def words_of(about: Iterable[str]) -> set[str]:
    """What somebody who knows the person and this site tries first: each text whole, run together, in parts."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    words = set(PRODUCT_WORDS)
    for text in map(folded, (*about, host)):
        parts = re.split(r"[\W_]+", text)
        words.update((text, "".join(parts), *parts))
    return {word for word in words if len(word) >= SHORTEST_WORD}


class Validator:
    """The same rules where Django itself asks for a password."""

    def validate(self, password: str, user: Any = None) -> None:
        validate(password, [getattr(user, "email", ""), getattr(user, "name", "")])

    def get_help_text(self) -> str:
        return (
            f"Use at least {LEAST_LENGTH} characters. Several unrelated words are easy to remember and hard to guess."
        )


def _plain_reasons(password: str, words: set[str]) -> list[str]:
    if len(password) < LEAST_LENGTH:
        return [f"This password is too short. Use at least {LEAST_LENGTH} characters; it has {len(password)}."]
    reasons = []
    if len(set(password)) < LEAST_DIFFERENT_CHARACTERS:
        reasons.append(
            "This password repeats too few characters. Use at least "
            f"{LEAST_DIFFERENT_CHARACTERS} different ones; several unrelated words work well."
        )
    if is_leaked(password):
        reasons.append(
            "This password is known from break-ins elsewhere, so it is tried among the first. Choose another one."
        )
    if _is_made_of(password, words):
        reasons.append(
            "This password is mostly your name, your address, your company or the name of this product. "
            "Choose words that have nothing to do with you."
        )
    return reasons


def _is_made_of(password: str, words: set[str]) -> bool:
    """Whether too few letters are left of a password once what is known is taken out."""
    text = rest = folded(password)
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != text and len(re.sub(r"[\W\d_]", "", rest)) < LEAST_LETTERS_LEFT
