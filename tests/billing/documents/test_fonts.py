import re

import pytest

from billing.documents.fonts import HAN_FAMILIES, coverage, families
from billing.documents.text import _ordinary


@pytest.mark.parametrize("region", HAN_FAMILIES)
def test_one_ideographic_family_is_asked_and_every_other_one(region):
    asked = families(region)

    assert asked[:4] == ("Inter", "IBM Plex Sans Arabic", "Noto Sans", f"Noto Sans CJK {region}")
    assert [name for name in asked if "CJK" in name] == [f"Noto Sans CJK {region}"]
    assert {"Noto Sans Hebrew", "Noto Sans Thai", "Noto Sans Devanagari", "Noto Emoji"} < set(asked)


def test_ordinary_characters_need_no_look_into_the_fonts():
    ordinary = {code for code in range(0x11000) if _ordinary(chr(code))} - {ord("\n")}

    assert len(ordinary) > 500
    assert ordinary - set(coverage()) == set()


def test_private_use_is_not_covered():
    assert not any(re.match("[\ue000-\uf8ff]", chr(code)) for code in coverage())
