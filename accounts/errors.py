"""What accounts refuses, each in a sentence for the person who asked."""

from typing import Any


class AccountsError(Exception):
    """A rule about people and their access says no; the text says why and what to do."""


class SignInRefused(AccountsError):
    pass


class TooManyTries(AccountsError):
    pass


class CodeRefused(AccountsError):
    pass


class PasswordRefused(AccountsError):
    pass


class PasswordNotAllowed(AccountsError):
    """A new password breaks rules; each reason is a sentence of its own."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class TooManyFactors(AccountsError):
    pass


class NameTaken(AccountsError):
    pass


class FactorGone(AccountsError):
    pass


class FactorStillNeeded(AccountsError):
    pass


class NothingToRecover(AccountsError):
    pass


class FactorResetRefused(AccountsError):
    pass


class PolicyRefused(AccountsError):
    pass


class NothingToConfirm(AccountsError):
    pass


class AlreadyMember(AccountsError):
    pass


class LastAdministrator(AccountsError):
    pass


class MembershipAlreadyRevoked(AccountsError):
    pass


class EmailAlreadyUsed(AccountsError):
    pass


class PasskeyRefused(AccountsError):
    pass


class LinkNotLive(AccountsError):
    pass


class EmailNotChanged(AccountsError):
    pass


class GrantRefused(AccountsError):
    pass


class RoleRefused(AccountsError):
    pass


class MemberRefused(AccountsError):
    pass


class InvitationRefused(AccountsError):
    """One or more invitations are refused; each reason is a sentence of its own."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


class ReviewRefused(AccountsError):
    pass


class OwnershipRefused(AccountsError):
    pass


class ApprovalRefused(AccountsError):
    pass


class SecondPersonNeeded(ApprovalRefused):
    """This waits until a second person agrees. `asked` is what to put before them, as the action that asks takes it."""

    def __init__(self, **asked: Any) -> None:
        super().__init__("This waits for a second person. Ask for it on its own page.")
        self.asked = asked


class ApprovalOutdated(ApprovalRefused):
    """What was asked for does not fit any more: the request ends, and nothing is done."""


class ApiKeyRefused(AccountsError):
    pass


class AlertRefused(AccountsError):
    pass


class LogSettingRefused(AccountsError):
    pass
