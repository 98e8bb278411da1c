"""Makes any text fit to print: nothing that hides or reorders what is read, nothing that no font can draw."""

import re
import unicodedata
from collections.abc import Iterator

from billing.documents.fonts import coverage

LONG_WORD = 20
PIECE = 10
STRONG = frozenset({"L", "R", "AL"})
NEUTRAL = frozenset({"ON", "CS", "ES", "ET"})
RIGHT_TO_LEFT_MARK = "\u200f"
UNDRAWABLE = "\N{REPLACEMENT CHARACTER}"
# They shape or break the letters around them and cannot reorder a line.
INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u061c\u2060")

_ordinary = re.compile(r"[\n -~\u00a0-\u024f\u2010-\u2027\u202f\u2030-\u203a\u20ac\u2212]*").fullmatch
_new_line = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_empty_lines = re.compile(r"\n{3,}")
_piled_marks = re.compile(r"([\u0300-\u036f]{3})[\u0300-\u036f]+")
_ideographs = r"\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
_long_word = re.compile(rf"[^\s{_ideographs}]{{{LONG_WORD},}}")


def printable(text: str) -> str:
    """The text without control characters, directional overrides and piled-up marks; the undrawable shows as �."""
    text = _new_line.sub("\n", text).replace("\t", " ")
    if not _ordinary(text):
        text = _piled_marks.sub(r"\1", unicodedata.normalize("NFC", text))
        text = "\n".join(_closed(line) for line in "".join(_drawable(text)).split("\n"))
    return _empty_lines.sub("\n\n", text).strip()


def breakable(text: str) -> str | list[str]:
    """Printable text; a word too long for a column comes in pieces between which a line may end."""
    text = printable(text)
    pieces, taken = [], 0
    for word in _long_word.finditer(text):
        for cut in range(word.start() + PIECE, word.end() - 3, PIECE):
            if unicodedata.category(text[cut])[0] != "M":
                pieces.append(text[taken:cut])
                taken = cut
    return [*pieces, text[taken:]] if pieces else text


def _closed(line: str) -> str:
    """Keeps the full stop of a right-to-left line at its left end, on a sheet that runs left to right."""
    directions = [unicodedata.bidirectional(character) for character in line]
    first = next((direction for direction in directions if direction in STRONG), "L")
    return line + RIGHT_TO_LEFT_MARK if first != "L" and directions[-1] in NEUTRAL else line


def _drawable(text: str) -> Iterator[str]:
    """A letter and its marks come from one font, so a mark that its letter's fonts lack is left out."""
    drawn_by = coverage()
    fonts = 0
    for character in text:
        category = unicodedata.category(character)
        able = drawn_by.get(ord(character), 0)
        if character == "\n" or character in INVISIBLE:
            yield character
        elif category in ("Cc", "Cf", "Cs"):
            continue
        elif category[0] == "M":
            if fonts & able:
                fonts &= able
                yield character
        elif able:
            fonts = able
            yield character
        else:
            fonts = 0
            yield " " if character.isspace() else UNDRAWABLE
