"""Takes out of a log line what must never be in one: passwords, cookies, tokens, card numbers."""

import re

REDACTED = "[redacted]"

SENSITIVE = r"password|passphrase|passwd|secret|csrfmiddlewaretoken|token|api[_-]?key|sessionid|seed|otp|cvc|cvv"
NAMED_VALUE = re.compile(
    rf"""(?P<name>(?<![^\W_])(?:{SENSITIVE})\b["']?\s*[=:]\s*)(?P<value>"[^"]*"|'[^']*'|[^\s,;&}}\])]+)""",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\b(?P<name>(?:set-)?cookie|authorization|proxy-authorization)(?P<separator>['\"]?\s*[:=]\s*)[^\r\n]*",
    re.IGNORECASE,
)
SLASH = r"(?:/|%2F)"
LINK_TOKEN = re.compile(
    rf"(?P<before>{SLASH}(?:i|invitation|sign-in{SLASH}reset|account{SLASH}[a-z-]{{1,20}}){SLASH})[A-Za-z0-9_-]{{20,}}",
    re.IGNORECASE,
)
API_KEY = re.compile(r"\binv_[A-Za-z0-9_-]{20,}")
UUID = r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"
DIGITS = re.compile(rf"{UUID}|(?<!\d)(?P<digits>\d(?:[ -]?\d){{12,18}})(?!\d)", re.IGNORECASE)


def redact(text: str) -> str:
    """The line without secrets; everything else stays as it was."""
    text = HEADER.sub(rf"\g<name>\g<separator>{REDACTED}", text)
    text = NAMED_VALUE.sub(rf"\g<name>{REDACTED}", text)
    text = LINK_TOKEN.sub(rf"\g<before>{REDACTED}", text)
    text = API_KEY.sub(REDACTED, text)
    return DIGITS.sub(_card_number, text)


def is_card_number(digits: str) -> bool:
    """Whether 13 to 19 digits carry the check digit of a payment card (Luhn)."""
    if not 13 <= len(digits) <= 19:
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card_number(match: re.Match[str]) -> str:
    """Groups of an id are never a card, whatever digits they hold."""
    digits = re.sub(r"[ -]", "", match["digits"] or "")
    return REDACTED if is_card_number(digits) else match[0]
