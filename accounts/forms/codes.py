"""Codes as people type them: with spaces or dashes, never with other digits than 0 to 9."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models.device import DIGITS

LONGEST_CODE = 40
RECOVERY_CODE_LENGTH = 16
SEPARATORS = re.compile(r"[\s\u2010-\u2015-]")
APP_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
RECOVERY_CODE = re.compile(rf"[A-Za-z0-9]{{{RECOVERY_CODE_LENGTH}}}")
SHAPES = "A code has six digits from 0 to 9; a recovery code has sixteen letters and digits. Check what you typed."


class CodeField(forms.CharField):
    """A code of an authenticator app, or a recovery code: what was typed tells which."""

    def __init__(self) -> None:
        super().__init__(
            label="Code",
            max_length=LONGEST_CODE,
            help_text="Six digits from your authenticator app, or one of your recovery codes.",
            error_messages={"required": "Enter the code.", "max_length": SHAPES},
            widget=forms.TextInput(
                attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
            ),
        )

    def clean(self, value: Any) -> str:
        """Nothing typed here says anything about an account: the shape alone is judged."""
        code = SEPARATORS.sub("", super().clean(value))
        if not (APP_CODE.fullmatch(code) or RECOVERY_CODE.fullmatch(code)):
            raise ValidationError(SHAPES, code="shape")
        return code
