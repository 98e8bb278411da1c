"""The tree's hashes as files, laid out as c2sp.org/tlog-tiles says, so that anybody can fetch and check them."""

import os
import shutil
from pathlib import Path

from django.conf import settings

from audit.merkle import parents, root_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH = 32


class BadTile(Exception):
    """A tile is missing, too short, or cannot be read."""


def tile_folder() -> Path:
    """Where the tiles lie."""
    folder: Path = settings.LOG_DIR / "tile"
    return folder


def relative_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile lies: "0/x001/x234/067", with ".p/<width>" after it while it is not full."""
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03}")
    path = f"{level}/{'/'.join(parts)}"
    return path if width == WIDTH else f"{path}.p/{width}"


class Tiles:
    """The tiles of a log in a folder, as they are for a tree of `size` leaves."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self._read: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree of 2^level leaves: what `audit.merkle` asks for."""
        tile_level, below = divmod(level, HEIGHT)
        first = index << below
        tile = self.tile(tile_level, first >> HEIGHT)
        start, count = first % WIDTH, 1 << below
        if len(tile) < (start + count) * HASH:
            raise BadTile(f"tile {relative_path(tile_level, first >> HEIGHT)} is too short.")
        return root_of(tile[at : at + HASH] for at in range(start * HASH, (start + count) * HASH, HASH))

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of one tile, as far as the tree has them."""
        if (level, index) not in self._read:
            self._read[level, index] = self._load(level, index)
        return self._read[level, index]

    def width(self, level: int, index: int) -> int:
        """How many hashes the tile has in a tree of this size."""
        return max(0, min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH))

    def extend(self, leaves: list[bytes]) -> "Tiles":
        """Write the tiles of the tree that these leaf hashes are added to; writing them again changes nothing."""
        grown = Tiles(self.folder, self.size + len(leaves))
        level, start, added = 0, self.size, leaves
        while added:
            hashes, full = self._before(level, start) + b"".join(added), []
            first = start // WIDTH
            for at in range(0, len(hashes), WIDTH * HASH):
                tile = hashes[at : at + WIDTH * HASH]
                grown.write(level, first + at // (WIDTH * HASH), tile)
                if len(tile) == WIDTH * HASH:
                    full.append(full_tile_hash(tile))
            level, start, added = level + 1, start // WIDTH, full
        return grown

    def write(self, level: int, index: int, tile: bytes) -> None:
        """Put a tile in its place, whole or not at all. A full one of another history goes: an older backup grows."""
        width, full = len(tile) // HASH, self.folder / relative_path(level, index)
        put(self.folder / relative_path(level, index, width), tile)
        if width == WIDTH:
            shutil.rmtree(full.with_name(f"{full.name}.p"), ignore_errors=True)
        elif full.exists() and not full.read_bytes().startswith(tile):
            full.unlink()
        self._read[level, index] = tile

    def _before(self, level: int, start: int) -> bytes:
        """What already stands in the tile that the next hash of a level goes into."""
        return self.tile(level, start // WIDTH) if start % WIDTH else b""

    def _load(self, level: int, index: int) -> bytes:
        """The full tile, or else the part this tree needs, or else a longer part that holds it.

        At last the full one again: the sealer may have put it in the place of the parts meanwhile.
        """
        width = self.width(level, index)
        for wider in [WIDTH, *range(width, WIDTH + 1)]:
            path = self.folder / relative_path(level, index, wider)
            try:
                found = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                name = path.relative_to(self.folder).as_posix()
                raise BadTile(f"tile {name} cannot be read: {error.strerror or error}.") from None
            if len(found) >= width * HASH:
                return found[: width * HASH]
        raise BadTile(f"tile {relative_path(level, index, width)} is missing or too short.")


def full_tile_hash(tile: bytes) -> bytes:
    """The hash that stands for a full tile one level up."""
    while len(tile) > HASH:
        tile = parents(tile)
    return tile


def put(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
