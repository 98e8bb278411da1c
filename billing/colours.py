"""Whether text can be read on a colour, by WCAG 2.2."""

from decimal import Decimal

READABLE = Decimal("4.5")

_LINEAR_UP_TO = Decimal("0.04045")
_WEIGHTS = (Decimal("0.2126"), Decimal("0.7152"), Decimal("0.0722"))


def contrast_with_white(colour: str) -> Decimal:
    """From 1 (white) to 21 (black), for a colour written #rrggbb."""
    channels = [Decimal(int(colour[start : start + 2], 16)) / 255 for start in (1, 3, 5)]
    luminance = sum(weight * _linear(channel) for weight, channel in zip(_WEIGHTS, channels, strict=True))
    return (Decimal("1.05") / (luminance + Decimal("0.05"))).quantize(Decimal("0.1"))


def _linear(channel: Decimal) -> Decimal:
    if channel <= _LINEAR_UP_TO:
        return channel / Decimal("12.92")
    return ((channel + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
