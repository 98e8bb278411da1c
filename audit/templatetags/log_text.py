"""Text that came from outside, for showing in a log."""

from django import template

from audit import values

register = template.Library()


@register.filter
def visible(text: str) -> str:
    """Spell out characters that would hide or reverse what stands there."""
    return values.visible(text, keep="\n")
