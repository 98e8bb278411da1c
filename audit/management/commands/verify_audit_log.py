import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from audit.tiles import put
from audit.verifying.check import VERSION, State, UnknownCheckpoint, Verification, begin
from audit.verifying.findings import Finding
from audit.verifying.kept import can_compare

KEPT_EVERY = 1.0
"""Seconds between two writings of the state."""
BAR = 30
CANNOT_CHECK = 2


class Command(BaseCommand):
    help = (
        "Check both logs against what was signed: every entry, place, tile, checkpoint, key and time of sealing, and "
        "what the sealer keeps beside its key, where that can be read. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=Path, metavar="FILE", help="a checkpoint kept elsewhere: check what came after"
        )
        parser.add_argument("--key", default="", help="the verifier key you trust; it must be one of the log's")
        parser.add_argument("--state", type=Path, metavar="FILE", help="go on from here after being stopped")
        parser.add_argument("--no-tiles", action="store_true", help="leave out the tile files")

    def handle(self, *, since: Path | None, key: str, state: Path | None, no_tiles: bool, **options: Any) -> None:
        given: dict[str, Any] = {
            "since": _text(since) if since else None,
            "trusted": key.strip(),
            "with_tiles": not no_tiles,
        }
        try:
            kept = _kept(state, given) or {"given": given, "state": begin(**given), "found": 0, "warnings": 0}
        except UnknownCheckpoint as refusal:
            raise CommandError(str(refusal), returncode=CANNOT_CHECK) from None
        verification = Verification(kept["state"])
        self._run(verification, kept, state)
        if state:
            state.unlink(missing_ok=True)
        self._sum_up(verification, kept)

    def _run(self, verification: Verification, kept: State, path: Path | None) -> None:
        bar, written = Bar(self.stdout, verification.position), time.monotonic()
        while not verification.is_done:
            found = verification.go_on()
            bar.clear()
            for finding in found:
                self._tell(finding, kept)
            bar.show(verification.position, verification.size)
            if path and time.monotonic() - written >= KEPT_EVERY:
                put(path, json.dumps(kept).encode())
                written = time.monotonic()
        bar.clear()

    def _tell(self, finding: Finding, kept: State) -> None:
        kept["warnings" if finding.is_warning else "found"] += 1
        if finding.is_warning:
            self.stdout.write(f"Warning: {finding}")
        else:
            self.stdout.write(self.style.ERROR(f"{finding.what}: {finding}"))

    def _sum_up(self, verification: Verification, kept: State) -> None:
        signed = verification.state["entries"]["signed"]
        checked = f"{verification.size:,} entries checked, {signed:,} of them under a signed checkpoint."
        if not can_compare():
            checked += " What the sealer keeps beside its key cannot be read here, and was not compared."
        if kept["warnings"]:
            checked += f" Warnings: {kept['warnings']}."
        if kept["found"]:
            raise CommandError(f"{checked} Found that is not as it was sealed: {kept['found']}.")
        self.stdout.write(self.style.SUCCESS(f"{checked} Everything is as it was sealed."))


class Bar:
    """How far a check has come: one line that changes on a terminal, a line every tenth of the way elsewhere."""

    def __init__(self, out: OutputWrapper, position: int) -> None:
        self.out, self.is_terminal = out, out.isatty()
        self.start, self.started, self.tenths, self.is_shown = position, time.monotonic(), 0, False

    def show(self, position: int, size: int) -> None:
        tenths = position * 10 // size if size else 0
        if self.is_terminal and size:
            done = position * BAR // size
            speed = (position - self.start) / max(time.monotonic() - self.started, 0.001)
            bar = f"[{'#' * done}{'.' * (BAR - done)}] {position * 100 // size:3} %"
            self.out.write(f"\r{bar}  {position:,} of {size:,} entries, {speed:,.0f}/s ", ending="")
            self.out.flush()
            self.is_shown = True
        elif tenths > self.tenths:
            self.out.write(f"{position:,} of {size:,} entries ({position * 100 // size} %)")
        self.tenths = max(tenths, self.tenths)

    def clear(self) -> None:
        if self.is_shown:
            self.out.write("\r\x1b[K", ending="")
            self.is_shown = False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}", returncode=CANNOT_CHECK) from None


def _kept(path: Path | None, given: dict[str, Any]) -> State | None:
    """What an earlier run left, if it was of the same check by the same version of the program."""
    if path is None or not path.exists():
        return None
    try:
        kept: State = json.loads(_text(path))
        is_same = (kept["given"], kept["state"]["version"]) == (given, VERSION)
    except (ValueError, KeyError, TypeError):
        is_same = False
    if not is_same:
        raise CommandError(f"{path} is not what a check like this one left. Remove it to begin anew.", returncode=2)
    return kept
