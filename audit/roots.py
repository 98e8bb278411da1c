"""The roots that the places in the database give, hashed anew. Proofs and the sealer take them from the tiles."""

from audit.merkle import Frontier
from audit.models import Leaf

AT_ONCE = 10_000


def root_at(size: int) -> bytes | None:
    """The root of the first places, every one of which is hashed; None where there are not so many, or one is gone."""
    tree = Frontier()
    places = Leaf.objects.filter(index__lt=size).order_by("index").values_list("index", "hash")
    for index, hashed in places.iterator(chunk_size=AT_ONCE):
        if index != tree.size:
            return None
        tree.add(bytes(hashed))
    return tree.root() if tree.size == size else None
