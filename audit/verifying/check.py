"""The check of the whole log, a piece at a time. How far it came are plain values, so that another process can go on.

Everything is compared with what was signed: entries with the hashes of their places, places with the tiles and with
the root of every checkpoint, checkpoints with the keys, keys with their hand-overs, times with those of checkpoints.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, Min

from audit import log_keys
from audit.leaves import TABLES
from audit.models import Checkpoint
from audit.notes import BadNote, opened_checkpoint, parse_verifier, signed_time
from audit.verifying.checkpoints import check_checkpoints
from audit.verifying.dated import told_dated
from audit.verifying.entries import check_entries
from audit.verifying.erasing import Erasings
from audit.verifying.findings import Finding
from audit.verifying.kept import check_kept
from audit.verifying.keys import check_keys
from audit.verifying.outside import check_outside, count_unsigned
from audit.verifying.rows import unless_unreadable
from audit.verifying.times import check_times
from audit.verifying.unplaced import check_unplaced

State = dict[str, Any]
VERSION = 1
"""Another one whenever the state has other parts, or they mean something else: a check goes on with its own alone."""
STAGES = {
    "keys": ("What the keys are compared with", "checkpoints"),
    "checkpoints": ("The checkpoints", "entries"),
    "entries": ("Some of the places, or of what they are compared with,", "times"),
    "times": ("The times of sealing", "unplaced"),
    "unplaced": ("What has no place", "done"),
}
"""What is read in each stage, and which one follows."""


class UnknownCheckpoint(Exception):
    """The checkpoint that was given is none, or nobody we know signed it."""


def begin(*, since: str | None = None, trusted: str = "", with_tiles: bool = True) -> State:
    """The state of a check of everything that is sealed now, or of what came after a checkpoint given as its text.

    `trusted` is a verifier key that must have signed the given checkpoint, and must be one of the log's.
    """
    size, root, at = (0, "", "") if since is None else _given(since, trusted)
    last = Checkpoint.objects.aggregate(pk=Max("pk"))["pk"] or 0
    first = Checkpoint.objects.filter(size__gte=size).aggregate(pk=Min("pk"))["pk"] or last + 1
    return {
        "version": VERSION,
        "stage": "keys",
        "trusted": trusted,
        "with_tiles": with_tiles,
        "checkpoints": {
            "after": first - 1,
            "last": last,
            "size": size,
            "root": root,
            "at": "",
        },
        "entries": {
            "position": 0,
            "size": 0,
            "signed": 0,
            "since": size,
            "since_root": root,
            "levels": [],
            "numbers": {},
            "dated": {},
            "is_broken": False,
        },
        "times": {"after": first - 1, "last": last, "size": size, "upto": 0, "at": at},
        "unplaced": {"log": next(iter(TABLES)), "after": ""},
    }


class Verification:
    """A check under way. Call `go_on` until it says that nothing is left; `state` can be kept after each call."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._erasings = Erasings()

    @property
    def is_done(self) -> bool:
        return bool(self.state["stage"] == "done")

    @property
    def position(self) -> int:
        """How many entries have been looked at, or hashed only where they came before the given checkpoint."""
        return int(self.state["entries"]["position"])

    @property
    def size(self) -> int:
        """How many there are; 0 before the checkpoints have been read."""
        return int(self.state["entries"]["size"])

    def go_on(self) -> list[Finding]:
        """Do the next piece, which takes a moment, and give what it found.

        Where a spoiled value lets it do no more of a stage, that is what it found, and the next stage follows.
        """
        stage = self.state["stage"]
        piece: Callable[[], list[Finding]] = getattr(self, f"_{stage}")
        return unless_unreadable(STAGES[stage][0], piece, lambda: self._leave(stage))

    def _leave(self, stage: str) -> None:
        """Do no more of a stage."""
        self.state["stage"] = STAGES[stage][1]
        self.state["times"]["upto"] = self.size

    def _keys(self) -> list[Finding]:
        self.state["stage"] = "checkpoints"
        keys = unless_unreadable("The keys of the log", lambda: check_keys(self.state["trusted"]))
        return keys + unless_unreadable("What the sealer's memory is compared with", check_kept)

    def _checkpoints(self) -> list[Finding]:
        state = self.state["checkpoints"]
        found = check_checkpoints(state)
        if not state.pop("is_done", False):
            return found
        self.state["stage"] = "entries"
        count, last = count_unsigned(state["size"])
        size = state["size"] + count
        self.state["entries"] |= {"size": size, "signed": state["size"]}
        return found + check_outside(size, last)

    def _entries(self) -> list[Finding]:
        state = self.state["entries"]
        found = check_entries(state, self._erasings, self.state["with_tiles"]) if state["size"] else []
        if state["position"] >= state["size"]:
            self.state["stage"] = "times"
            self.state["times"]["upto"] = state["size"]
            found += told_dated(state["dated"])
        return found

    def _times(self) -> list[Finding]:
        found = check_times(self.state["times"])
        if self.state["times"].pop("is_done", False):
            self.state["stage"] = "unplaced"
        return found

    def _unplaced(self) -> list[Finding]:
        found = check_unplaced(self.state["unplaced"])
        if self.state["unplaced"]["log"] is None:
            self.state["stage"] = "done"
        return found


def _given(note: str, trusted: str) -> tuple[int, str, str]:
    """The size and root of a checkpoint, and when it was signed, "" where it does not say."""
    try:
        keys = [parse_verifier(trusted)] if trusted else log_keys.verifiers()
        head, signers = opened_checkpoint(note, keys)
    except BadNote as problem:
        raise UnknownCheckpoint(f"The checkpoint cannot be used: {problem}") from None
    if head.origin != log_keys.origin():
        raise UnknownCheckpoint(f"The checkpoint is of the log {head.origin}, and this one is {log_keys.origin()}.")
    seconds = signed_time(signers)
    return head.size, head.root.hex(), "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
