"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, and proofs of inclusion and of consistency.

Nothing here knows where hashes are kept: whoever asks for a proof passes `node(level, index)`, the hash of the
complete subtree over the leaves index * 2^level to (index + 1) * 2^level - 1.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The hashes above an even number of hashes, both as bytes side by side."""
    return b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root of a tree with these leaf hashes."""
    frontier = Frontier()
    for one in hashes:
        frontier.add(one)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first."""

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size, self.roots = size, list(roots)
        if len(self.roots) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} complete subtrees.")

    def add(self, leaf: bytes) -> None:
        """Add one leaf hash on the right."""
        roots, size = self.roots, self.size
        while size & 1:
            leaf = sha256(b"\x01" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        return folded(self.roots)


def folded(roots: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that stand side by side, the largest first; two may be of one size."""
    if not roots:
        return EMPTY_ROOT
    *rest, result = roots
    for left in reversed(rest):
        result = node_hash(left, result)
    return result


def tree_hash(start: int, end: int, node: Node) -> bytes:
    """MTH(D[start:end]) for a range that begins where a complete subtree of its size may begin."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0:
        return node(count.bit_length() - 1, start // count)
    split = start + largest_power_below(count)
    return node_hash(tree_hash(start, split, node), tree_hash(split, end, node))


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]), from the leaf's sibling up to the root's child."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + largest_power_below(end - start)
        if index < split:
            path.append(tree_hash(split, end, node))
            end = split
        else:
            path.append(tree_hash(start, split, node))
            start = split
    return path[::-1]


def consistency_proof(older: int, newer: int, node: Node) -> list[bytes]:
    """PROOF(older, D[newer]): that the tree of `newer` leaves begins with the tree of `older`."""
    if not 0 <= older <= newer:
        raise ValueError(f"A tree of {newer} leaves never had {older}.")
    if older in (0, newer):
        return []
    proof: list[bytes] = []
    start, end, is_whole = 0, newer, True
    while older != end:
        split = start + largest_power_below(end - start)
        if older <= split:
            proof.append(tree_hash(split, end, node))
            end = split
        else:
            proof.append(tree_hash(start, split, node))
            start, is_whole = split, False
    if not is_whole:
        proof.append(tree_hash(start, end, node))
    return proof[::-1]


def largest_power_below(count: int) -> int:
    """The largest power of two smaller than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1
