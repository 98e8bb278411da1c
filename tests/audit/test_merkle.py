"""The tree of RFC 6962: its reference vectors, and every proof of small trees against the definition written out."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    tree_hash,
)
from audit.tool import invoiced_log

# The eight leaves, their roots and proofs that the tests of Certificate Transparency share.
LEAVES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
MOST = 300
HASHES = [leaf_hash(b"%d" % number) for number in range(MOST)]


def written(hashes):
    return [one.hex() for one in hashes]


def in_memory(hashes):
    return lambda level, index: root_of(hashes[index << level : (index + 1) << level])


def naive_root(hashes):
    """MTH, as RFC 6962 writes it."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = max(power for power in (1 << shift for shift in range(20)) if power < len(hashes))
    return sha256(b"\x01" + naive_root(hashes[:half]) + naive_root(hashes[half:])).digest()


def naive_path(index, hashes):
    """PATH, as RFC 6962 writes it."""
    if len(hashes) == 1:
        return []
    half = max(power for power in (1 << shift for shift in range(20)) if power < len(hashes))
    if index < half:
        return [*naive_path(index, hashes[:half]), naive_root(hashes[half:])]
    return [*naive_path(index - half, hashes[half:]), naive_root(hashes[:half])]


def naive_proof(older, hashes, is_whole=True):
    """SUBPROOF, as RFC 6962 writes it."""
    if older == len(hashes):
        return [] if is_whole else [naive_root(hashes)]
    half = max(power for power in (1 << shift for shift in range(20)) if power < len(hashes))
    if older <= half:
        return [*naive_proof(older, hashes[:half], is_whole), naive_root(hashes[half:])]
    return [*naive_proof(older - half, hashes[half:], False), naive_root(hashes[:half])]


def head(hashes):
    return invoiced_log.Checkpoint("log", len(hashes), root_of(hashes), "", {}, "")


def test_the_empty_tree_has_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == tree_hash(0, 0, in_memory([])) == EMPTY_ROOT


def test_the_reference_roots():
    hashes = [leaf_hash(entry) for entry in LEAVES]

    assert written(root_of(hashes[:size]) for size in range(1, 9)) == ROOTS
    assert written(tree_hash(0, size, in_memory(hashes)) for size in range(1, 9)) == ROOTS


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_reference_proofs_of_inclusion(index, size):
    hashes = [leaf_hash(entry) for entry in LEAVES]

    assert written(inclusion_proof(index, size, in_memory(hashes))) == INCLUSION[index, size]


@pytest.mark.parametrize(("older", "newer"), CONSISTENCY)
def test_the_reference_proofs_of_consistency(older, newer):
    hashes = [leaf_hash(entry) for entry in LEAVES]

    assert written(consistency_proof(older, newer, in_memory(hashes))) == CONSISTENCY[older, newer]


def test_every_root_and_frontier_of_small_trees():
    frontier = Frontier()
    for size in range(MOST + 1):
        expected = naive_root(HASHES[:size])
        assert tree_hash(0, size, in_memory(HASHES)) == frontier.root() == expected
        if size < MOST:
            frontier.add(HASHES[size])


@given(st.integers(1, MOST), st.data())
def test_a_proof_of_inclusion_is_the_defined_one_and_leads_to_the_root(size, data):
    index = data.draw(st.integers(0, size - 1))

    path = inclusion_proof(index, size, in_memory(HASHES))

    assert path == naive_path(index, HASHES[:size])
    assert invoiced_log.root_over(HASHES[index], index, size, path) == root_of(HASHES[:size])


@given(st.integers(0, MOST), st.data())
def test_a_proof_of_consistency_is_the_defined_one_and_is_accepted(newer, data):
    older = data.draw(st.integers(0, newer))

    proof = consistency_proof(older, newer, in_memory(HASHES))

    if older:
        assert proof == naive_proof(older, HASHES[:newer])
        assert proof == invoiced_log.subproof(older, 0, newer, True, in_memory(HASHES))
    invoiced_log.check_consistency(head(HASHES[:older]), head(HASHES[:newer]), proof)


@pytest.mark.parametrize("sizes", [range(1, 40), range(250, 262)], ids=["small", "around a tile"])
def test_all_proofs_of_all_these_sizes(sizes):
    node = in_memory(HASHES)
    for size in sizes:
        root = root_of(HASHES[:size])
        for index in range(size):
            assert invoiced_log.root_over(HASHES[index], index, size, inclusion_proof(index, size, node)) == root
        for older in range(size + 1):
            proof = consistency_proof(older, size, node)
            invoiced_log.check_consistency(head(HASHES[:older]), head(HASHES[:size]), proof)


@given(st.integers(2, MOST), st.data())
def test_a_proof_of_inclusion_with_any_bit_flipped_leads_elsewhere(size, data):
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, in_memory(HASHES))
    parts = [HASHES[index], *path]
    place = data.draw(st.integers(0, len(parts) - 1))
    parts[place] = flipped(parts[place], data.draw(st.integers(0, 255)))

    assert invoiced_log.root_over(parts[0], index, size, parts[1:]) != root_of(HASHES[:size])


@given(st.integers(2, MOST), st.data())
def test_a_proof_of_consistency_with_any_bit_flipped_or_a_hash_more_or_less_is_refused(newer, data):
    older = data.draw(st.integers(1, newer - 1))
    proof = consistency_proof(older, newer, in_memory(HASHES))
    place = data.draw(st.integers(0, len(proof) - 1))
    bent = [*proof[:place], flipped(proof[place], data.draw(st.integers(0, 255))), *proof[place + 1 :]]

    for wrong in (bent, proof[:-1], [*proof, HASHES[0]], proof[1:], []):
        with pytest.raises(invoiced_log.Refused):
            invoiced_log.check_consistency(head(HASHES[:older]), head(HASHES[:newer]), wrong)


@given(st.integers(2, MOST), st.data())
def test_a_tree_in_which_one_entry_was_changed_is_consistent_with_nothing_before(newer, data):
    older = data.draw(st.integers(1, newer - 1))
    changed = data.draw(st.integers(0, older - 1))
    others = [*HASHES[:changed], leaf_hash(b"other"), *HASHES[changed + 1 : newer]]

    with pytest.raises(invoiced_log.Refused, match="history was changed"):
        invoiced_log.check_consistency(
            head(HASHES[:older]), head(others), consistency_proof(older, newer, in_memory(others))
        )


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_there_is_no_proof_of_what_lies_outside(index):
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_proof(index, 5, in_memory(HASHES))


@pytest.mark.parametrize("older", [-1, 6])
def test_there_is_no_proof_from_a_tree_that_never_was(older):
    with pytest.raises(ValueError, match="never had"):
        consistency_proof(older, 5, in_memory(HASHES))


def test_a_frontier_has_one_root_for_each_complete_subtree():
    with pytest.raises(ValueError, match="has 2 complete subtrees"):
        Frontier(5, [HASHES[0]])


def test_a_leaf_is_never_taken_for_a_node():
    assert leaf_hash(HASHES[0] + HASHES[1]) != node_hash(HASHES[0], HASHES[1])


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
