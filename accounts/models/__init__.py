from accounts.models.change import EmailChange, FactorReset
from accounts.models.company import Company
from accounts.models.device import RecoveryCode, TotpDevice
from accounts.models.letter import Letter, MailedLink
from accounts.models.membership import Membership
from accounts.models.password import FormerPassword
from accounts.models.session import KnownDevice, Session
from accounts.models.user import User

# After User: the package asks for the user model when it is imported.
from accounts.models.passkey import Passkey  # isort: skip

__all__ = [
    "Company",
    "EmailChange",
    "FactorReset",
    "FormerPassword",
    "KnownDevice",
    "Letter",
    "MailedLink",
    "Membership",
    "Passkey",
    "RecoveryCode",
    "Session",
    "TotpDevice",
    "User",
]
