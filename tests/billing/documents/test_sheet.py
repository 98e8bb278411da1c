import datetime

import pytest

from billing.documents.sheet import paper_of
from tests.billing.documents.sheets import sheet


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"brand_colour": 'red"), read("/etc/passwd'}, "brand colour"),
        ({"brand_colour": "#12345"}, "brand colour"),
        ({"language": "english"}, "language"),
        ({"pay_link": "javascript:alert(1)"}, "payment link"),
        ({"pay_link": "https://pay.example/ a"}, "payment link"),
        ({"logo": b"<svg/>"}, "logo"),
        ({"paper": "a0"}, "paper"),
        ({"created_at": datetime.datetime(2026, 3, 2)}, "time zone"),  # noqa: DTZ001
    ],
)
def test_refuses_what_cannot_be_printed(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        sheet(**change)


def test_paper_follows_the_sellers_country():
    assert [paper_of(country) for country in ("US", "ca", "DE", "")] == ["us-letter", "us-letter", "a4", "a4"]
