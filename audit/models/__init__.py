"""What the audit app keeps: the two logs, the tree they are sealed in, and what readers set up around them."""

from audit.models.check import Check
from audit.models.entry import LOGS, ActorType, BillingEvent, Envelope, Outcome, SecurityEvent
from audit.models.reading import Export, SavedView
from audit.models.settings import LogSettings
from audit.models.stream import Follower, Stream
from audit.models.tree import Checkpoint, Cosignature, Leaf, LogKey, SealerState, Waiting
from audit.models.witness import Witness

__all__ = [
    "LOGS",
    "ActorType",
    "BillingEvent",
    "Check",
    "Checkpoint",
    "Cosignature",
    "Envelope",
    "Export",
    "Follower",
    "Leaf",
    "LogKey",
    "LogSettings",
    "Outcome",
    "SavedView",
    "SealerState",
    "SecurityEvent",
    "Stream",
    "Waiting",
    "Witness",
]
