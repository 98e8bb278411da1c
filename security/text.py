"""Text people type: stored as they meant it, never with characters that deceive the eye or break a store."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

LINE_LENGTH = 200
TEXT_LENGTH = 5_000

BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
LINE_BREAKS = "\n"
NONCHARACTERS = range(0xFDD0, 0xFDF0)
TAGS = range(0xE0000, 0xE0080)
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def validate_plain_text(value: str) -> None:
    """Refuse what no keyboard types: control characters, and marks that reverse the reading order."""
    if BIDI_OVERRIDES.search(value):
        raise ValidationError(
            "This text holds invisible marks that change the reading direction. "
            "Remove them, or type the text instead of pasting it.",
            code="bidi_override",
        )
    if any(_is_control(character) or _is_invisible(character) for character in value):
        raise ValidationError(
            "This text holds an invisible control character. Remove it, or type the text instead of pasting it.",
            code="control_character",
        )


def clean_text(value: str) -> str:
    """One way of writing each line end and each accented letter, nothing around it."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


class PlainTextField(forms.CharField):
    """A line of text. `multiline=True` allows line breaks and shows a text area."""

    def __init__(self, *, multiline: bool = False, max_length: int | None = None, **options: Any) -> None:
        self.multiline = multiline
        if multiline:
            options.setdefault("widget", forms.Textarea)
        super().__init__(max_length=max_length or (TEXT_LENGTH if multiline else LINE_LENGTH), **options)

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")

    def run_validators(self, value: str) -> None:
        if value in self.empty_values:
            return
        validate_plain_text(value)
        if not self.multiline and LINE_BREAKS in value:
            raise ValidationError("Write this on one line.", code="line_break")
        super().run_validators(value)


def _is_invisible(character: str) -> bool:
    """What shows nothing and makes two names look alike: format characters, tags, and codes that are no character.

    The joiners stay: Persian and Indic scripts, and many emoji, are not written without them.
    """
    code = ord(character)
    if code in NONCHARACTERS or code in TAGS or code & 0xFFFE == 0xFFFE:
        return True
    return unicodedata.category(character) == "Cf" and character not in JOINERS


def _is_control(character: str) -> bool:
    """Control characters other than tab and line feed, lone surrogates, and line or paragraph separators."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in "\t\n"
