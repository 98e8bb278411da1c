"""What the audit app refuses, in words for people."""


class AuditError(Exception):
    """A refusal that is shown as it is."""


class NameTaken(AuditError):
    """A member has a saved view of this name already."""


class TooManyViews(AuditError):
    """A member has as many saved views as anybody may have."""


class StreamRefused(AuditError):
    """The stream of a company cannot be changed so."""


class KeyNotReplaceable(AuditError):
    """The key that signs the log cannot be replaced so, or not now."""


class CannotSeal(Exception):
    """Something keeps the log from being sealed; the text says what and what to do."""
