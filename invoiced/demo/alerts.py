"""Who watches over the demo's logs beside its administrators: what they get is in the mailbox."""

import datetime

from accounts.actions import log_settings
from accounts.models import Membership
from audit.actors import Actor

ON_DUTY = "security@fernhill.example"
AUDITOR = "auditor@northgate.example"


def name_addresses(administrator: Membership, at: datetime.datetime) -> None:
    """Somebody on duty gets each alert too, and an auditor keeps the checkpoint of each day."""
    chosen = {"off": [], "addresses": [ON_DUTY], "checkpoint_addresses": [AUDITOR]}
    log_settings.change(membership=administrator, chosen=chosen, by=Actor.member(administrator.user), at=at)
