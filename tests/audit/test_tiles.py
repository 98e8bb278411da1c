"""Tiles: the example of c2sp.org/tlog-tiles, and the same files however the tree grew."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import tiles as module
from audit.merkle import leaf_hash, root_of, tree_hash
from audit.tiles import HASH, BadTile, Tiles, full_tile_hash, put, relative_path

MOST = 70_000


@pytest.fixture(autouse=True)
def quick_files(monkeypatch):
    """Whether a file survives a power cut is not the question here."""
    monkeypatch.setattr(module.os, "fsync", lambda descriptor: None)


def leaves(start, end):
    return [leaf_hash(b"%d" % number) for number in range(start, end)]


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "0/000"),
        (0, 999, 256, "0/999"),
        (0, 1000, 256, "0/x001/000"),
        (0, 1234067, 256, "0/x001/x234/067"),
        (1, 1234067, 7, "1/x001/x234/067.p/7"),
        (63, 0, 255, "63/000.p/255"),
    ],
)
def test_where_a_tile_lies(level, index, width, path):
    assert relative_path(level, index, width) == path


def test_the_tree_of_70_000_entries_of_the_specification(tmp_path):
    tiles = Tiles(tmp_path, 0).extend(leaves(0, MOST))

    written = files(tmp_path)
    level_0 = {name: len(tile) // HASH for name, tile in written.items() if name.startswith("0/")}
    assert sum(width == 256 for width in level_0.values()) == 273
    assert {name: width for name, width in level_0.items() if width != 256} == {"0/273.p/112": 112}
    others = {name: len(tile) // HASH for name, tile in written.items() if not name.startswith("0/")}
    assert others == {"1/000": 256, "1/001.p/17": 17, "2/000.p/1": 1}
    assert tree_hash(0, MOST, tiles.node) == root_of(leaves(0, MOST))


def test_a_tree_of_256_has_a_full_tile_and_a_part_of_one_above(tmp_path):
    Tiles(tmp_path, 0).extend(leaves(0, 256))

    assert {name: len(tile) // HASH for name, tile in files(tmp_path).items()} == {"0/000": 256, "1/000.p/1": 1}


@settings(max_examples=30)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_a_tree_that_grew_in_any_steps_has_the_tiles_of_one_written_at_once(tmp_path_factory, steps):
    size = sum(steps)
    grown, at_once = tmp_path_factory.mktemp("grown"), tmp_path_factory.mktemp("at-once")
    tiles, start = Tiles(grown, 0), 0
    for step in steps:
        tiles = tiles.extend(leaves(start, start + step))
        start += step
    fresh = Tiles(grown, size)
    Tiles(at_once, 0).extend(leaves(0, size))

    assert files(grown).items() >= files(at_once).items()
    assert tree_hash(0, size, fresh.node) == tree_hash(0, size, tiles.node) == root_of(leaves(0, size))
    earlier = sum(steps[:-1])
    assert tree_hash(0, earlier, Tiles(grown, earlier).node) == root_of(leaves(0, earlier))


def test_parts_of_a_tile_go_when_it_is_full(tmp_path):
    tiles = Tiles(tmp_path, 0).extend(leaves(0, 100)).extend(leaves(100, 200))
    assert sorted(files(tmp_path)) == ["0/000.p/100", "0/000.p/200"]

    tiles.extend(leaves(200, 260))

    assert sorted(files(tmp_path)) == ["0/000", "0/001.p/4", "1/000.p/1"]


def test_a_full_tile_of_another_history_goes_when_a_part_is_written(tmp_path):
    Tiles(tmp_path, 0).extend(leaves(0, 70_000))

    Tiles(tmp_path, 0).extend(leaves(70_000, 70_300))

    assert "0/000" in files(tmp_path)
    assert "0/001" not in files(tmp_path)
    assert "1/000" not in files(tmp_path)
    assert tree_hash(0, 300, Tiles(tmp_path, 300).node) == root_of(leaves(70_000, 70_300))


def test_a_full_tile_that_a_part_is_of_stays(tmp_path):
    Tiles(tmp_path, 0).extend(leaves(0, 300))

    Tiles(tmp_path, 0).extend(leaves(0, 100))

    assert sorted(files(tmp_path)) == ["0/000", "0/000.p/100", "0/001.p/44", "1/000.p/1"]


def test_a_part_that_becomes_full_while_it_is_looked_for_is_found(tmp_path, monkeypatch):
    tiles, read = Tiles(tmp_path, 0).extend(leaves(0, 100)), Path.read_bytes

    def grow_after(path):
        try:
            return read(path)
        finally:
            if path == tmp_path / "0/000" and not path.exists():
                tiles.extend(leaves(100, 256))

    monkeypatch.setattr(Path, "read_bytes", grow_after)

    assert Tiles(tmp_path, 100).tile(0, 0) == b"".join(leaves(0, 100))


def test_writing_tiles_again_changes_nothing(tmp_path):
    Tiles(tmp_path, 0).extend(leaves(0, 300))
    before = files(tmp_path)

    Tiles(tmp_path, 0).extend(leaves(0, 300))

    assert files(tmp_path) == before


def test_a_node_is_the_root_of_its_leaves(tmp_path):
    tiles = Tiles(tmp_path, 0).extend(leaves(0, 600))

    for level, index in ((0, 599), (3, 5), (8, 0), (8, 1), (7, 3), (9, 0)):
        assert tiles.node(level, index) == root_of(leaves(index << level, (index + 1) << level)), (level, index)
    assert full_tile_hash(tiles.tile(0, 0)) == tiles.node(8, 0)


@pytest.mark.parametrize("content", [None, b"", b"x" * 31], ids=["missing", "empty", "short"])
def test_a_missing_or_short_tile_is_named(tmp_path, content):
    Tiles(tmp_path, 0).extend(leaves(0, 300))
    tile = tmp_path / "0" / "000"
    tile.unlink()
    if content is not None:
        tile.write_bytes(content)

    with pytest.raises(BadTile, match=r"tile 0/000 is missing or too short"):
        Tiles(tmp_path, 300).node(3, 0)


def test_a_tile_that_cannot_be_read_is_named(tmp_path):
    Tiles(tmp_path, 0).extend(leaves(0, 300))
    tile = tmp_path / "0" / "000"
    tile.unlink()
    tile.mkdir()

    with pytest.raises(BadTile, match=r"tile 0/000 cannot be read: Is a directory\."):
        Tiles(tmp_path, 300).node(3, 0)


def test_a_node_beyond_the_tree_is_refused(tmp_path):
    tiles = Tiles(tmp_path, 0).extend(leaves(0, 10))

    with pytest.raises(BadTile, match="too short"):
        tiles.node(3, 1)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "tile"
    put(path, b"old")
    monkeypatch.setattr(module.os, "fsync", refuse)

    with pytest.raises(OSError, match="No space"):
        put(path, b"new")

    assert files(tmp_path) == {"tile": b"old"}


def refuse(descriptor):
    raise OSError(28, "No space left on device")
