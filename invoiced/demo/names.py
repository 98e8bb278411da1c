"""Plausible names for people and businesses that do not exist, the same at every start."""

import random
import re
import unicodedata
from dataclasses import dataclass

FIRST = """
    Amber Birch Cedar Copper Delta Ember Fjord Granite Harbour Indigo Juniper Kestrel Linden
    Meridian Nordic Oakfield Pioneer Quarry Rowan Silverline Tern Umber Vantage Willow Yarrow
"""
SECOND = """
    Analytics Bakery Ceramics Dental Electric Foods Gardens Interiors Joinery Logistics Media Optics
    Press Robotics Studio Textiles Travel Veterinary Works
"""
FORMS = {"DE": "GmbH", "GB": "Ltd", "FR": "SARL", "NL": "B.V.", "CA": "Inc."}
GIVEN = """
    Amélie Bram Clara Dmitri Elif Farid Greta Hana Ines Jonas Katya Liam Mina Noor Oskar Pia Quinn
    Rosa Sven Tess
"""
FAMILY = """
    Adler Bouchard Castro Dekker Ekström Fischer Gagnon Hughes Ito Jansen Kovač Laurent Marsh Novák
    Owens Petit Ritter Schmid Tremblay Visser
"""
STREETS = {
    "DE": ("{} Lindenstraße", "10117 Berlin"),
    "GB": ("{} Mill Lane", "Bristol BS1 4QA"),
    "FR": ("{} rue des Tanneurs", "69002 Lyon"),
    "NL": ("Prinsengracht {}", "1015 DK Amsterdam"),
    "CA": ("{} Spadina Avenue", "Toronto ON M5V 2L4"),
}
SPECIAL = {
    "DE": "Größenwahn & Söhne Feinmechanik GmbH",
    "GB": "The Very Long and Proud Name of the Worshipful Society of Careful Bookkeepers Ltd",
    "FR": "上海云杉贸易有限公司 (Paris)",
    "NL": "شركة الأفق للتجارة",
}


@dataclass(frozen=True, slots=True)
class Business:
    name: str
    domain: str
    address: str
    contact: str
    contact_email: str


class Names:
    """Gives each business its own name; the first of some countries gets one that pages must be able to bear."""

    def __init__(self) -> None:
        self._random = random.Random(20120103)  # noqa: S311  names, not secrets
        self._special = dict(SPECIAL)
        self._pairs = [(first, second) for first in FIRST.split() for second in SECOND.split()]
        self._random.shuffle(self._pairs)

    def business(self, country: str) -> Business:
        first, second = self._pairs.pop()
        name = self._special.pop(country, f"{first} {second} {FORMS[country]}")
        domain = f"{first}-{second}.example".lower()
        street, town = STREETS[country]
        given, family = self._random.choice(GIVEN.split()), self._random.choice(FAMILY.split())
        return Business(
            name=name,
            domain=domain,
            address=f"{street.format(self._random.randint(1, 180))}\n{town}",
            contact=f"{given} {family}",
            contact_email=f"{_plain(given)}.{_plain(family)}@{domain}",
        )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", letters.lower())
