"""The right edge of the tree that a check follows, at every size, and a log that was signed where tiles end."""

import pytest

from audit.merkle import leaf_hash, root_of
from audit.models import Checkpoint
from audit.tiles import WIDTH
from audit.verifying.edge import Edge
from tests.audit import sealed
from tests.audit.tampering import findings

MOST = 1_600
HASHES = [leaf_hash(b"%d" % number) for number in range(MOST)]


def test_every_root_of_the_edge_is_that_of_its_leaves():
    levels, found = [], {}
    for first in range(0, MOST, WIDTH):
        edge, leaves = Edge(levels), HASHES[first : first + WIDTH]
        found |= dict(edge.roots_at(leaves, list(range(1, len(leaves) + 1))))
        if len(leaves) == WIDTH:
            assert edge.add_tile(leaves, None) == []
        levels = edge.written()

    assert found == {size: root_of(HASHES[:size]) for size in range(1, MOST + 1)}


@pytest.mark.django_db
def test_a_log_that_was_signed_where_two_tiles_and_four_end_is_whole(company_id, sealed_log):
    for _ in range(2):
        sealed.entries(company_id, 2 * WIDTH)
        sealed_log()

    assert list(Checkpoint.objects.order_by("pk").values_list("size", flat=True)) == [512, 1024]
    assert findings() == []
