"""How many guesses a password would take somebody who knows what passwords are made of, and knows the person.

zxcvbn keeps the words of the person where all threads read them, hence the lock; and for a look-alike
sign ("4" for "a") it tries every letter it may stand for together with those of all other signs, which
took it three seconds for 72 characters made to be slow. With at most two signs for a letter, and one
letter for a sign, it is a seventh of a second.
"""

import re
import threading
from collections.abc import Iterable

from zxcvbn import matching, zxcvbn

LONGEST = 72
LOOK_ALIKES = {
    "a": ["4", "@"],
    "b": ["8"],
    "c": ["("],
    "e": ["3"],
    "g": ["9"],
    "i": ["1", "!"],
    "o": ["0"],
    "s": ["$", "5"],
    "t": ["7"],
    "x": ["%"],
    "z": ["2"],
}

matching.L33T_TABLE.clear()
matching.L33T_TABLE.update(LOOK_ALIKES)
_one_at_a_time = threading.Lock()


def score(password: str, words: Iterable[str]) -> int:
    """From 0, guessed at once, to 4, more than ten thousand million guesses. Only the first 72 characters count."""
    if not password:
        return 0
    judged = re.sub(r"\s", " ", password[:LONGEST])  # a line end makes zxcvbn fail where it looks for dates
    with _one_at_a_time:
        found: int = zxcvbn(judged, user_inputs=sorted(words), max_length=LONGEST)["score"]
    return found
