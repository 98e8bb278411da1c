from accounts.models.alert import Alert, AlertSettings
from accounts.models.api_key import ApiKey
from accounts.models.approval import Approval
from accounts.models.change import EmailChange, FactorReset
from accounts.models.company import Company
from accounts.models.device import RecoveryCode, TotpDevice
from accounts.models.invitation import Invitation
from accounts.models.letter import Letter, MailedLink
from accounts.models.membership import Membership
from accounts.models.ownership import OwnershipTransfer
from accounts.models.password import FormerPassword
from accounts.models.review import AccessReview, ReviewedMember
from accounts.models.role import Role
from accounts.models.session import KnownDevice, Session
from accounts.models.user import User

# After User: the package asks for the user model when it is imported.
from accounts.models.passkey import Passkey  # isort: skip

__all__ = [
    "AccessReview",
    "Alert",
    "AlertSettings",
    "ApiKey",
    "Approval",
    "Company",
    "EmailChange",
    "FactorReset",
    "FormerPassword",
    "Invitation",
    "KnownDevice",
    "Letter",
    "MailedLink",
    "Membership",
    "OwnershipTransfer",
    "Passkey",
    "RecoveryCode",
    "ReviewedMember",
    "Role",
    "Session",
    "TotpDevice",
    "User",
]
