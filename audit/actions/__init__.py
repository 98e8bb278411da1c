"""What the audit app itself changes."""

from audit.actions.reading import note_reading

__all__ = ["note_reading"]
