"""Lengths of time in words."""

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def in_words(seconds: int) -> str:
    """A length of time in its largest unit that fits twice, rounded down."""
    for unit, length in UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length:,} {unit}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
