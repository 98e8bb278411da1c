from accounts.models.company import Company
from accounts.models.device import RecoveryCode, TotpDevice
from accounts.models.membership import Membership
from accounts.models.user import User

__all__ = ["Company", "Membership", "RecoveryCode", "TotpDevice", "User"]
