"""What everybody who relies on the log should hear of."""

from typing import NamedTuple


class Trouble(NamedTuple):
    """Something wrong with the log of the whole installation: the kind of alert, its cause, and a sentence.

    `cause` is the same as long as it is the same trouble.
    """

    kind: str
    cause: str
    sentence: str
