"""The typefaces documents are set in, all from packages: what they can draw is known before anything is drawn."""

from collections import defaultdict
from functools import cache
from importlib.resources import files
from pathlib import Path

import typst
from fontTools.ttLib import TTFont

PACKAGES = ("fontpkg_inter", "fontpkg_ibm_plex_sans_arabic", "manimgx_fonts", "manimgx_fonts_cjk")
# In the order they are asked for a letter. The Chinese, Japanese and Korean faces draw the same letters in four ways.
HAN_FAMILIES = {region: f"Noto Sans CJK {region}" for region in ("SC", "TC", "HK", "JP", "KR")}
FIRST_FAMILIES = ("Inter", "IBM Plex Sans Arabic", "Noto Sans")
PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0x110000))


@cache
def typefaces() -> typst.Fonts:
    """Opened once a process; neither the machine's fonts nor typst's own are looked at."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(files(package)) for package in PACKAGES],
    )


@cache
def families(han: str) -> tuple[str, ...]:
    """Every family there is, the common ones first, so that typst never has to choose one itself."""
    first = (*FIRST_FAMILIES, HAN_FAMILIES[han])
    return (*first, *sorted(set(typefaces().families()) - {*first, *HAN_FAMILIES.values()}))


@cache
def coverage() -> dict[int, int]:
    """Which font files draw a character: one bit a file. The private-use area is left out, archives forbid it."""
    drawn_by: dict[int, int] = defaultdict(int)
    paths = (path for package in PACKAGES for path in Path(str(files(package))).rglob("*.[to]t[fc]"))
    for bit, path in enumerate(sorted(paths)):
        with TTFont(path, fontNumber=0, lazy=True) as font:
            for code in font.getBestCmap():
                drawn_by[code] |= 1 << bit
    for code in [code for code in drawn_by if any(code in area for area in PRIVATE_USE)]:
        del drawn_by[code]
    return dict(drawn_by)
