"""The official EN 16931 examples, put through our totals and compared with every total they state, to the cent."""

import xml.etree.ElementTree as ET
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from billing.money import Money, round_minor
from billing.totals import Adjustment, Document, Line, Tax, compute

DIRECTORY = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ubl"
NAMES = [
    "guide-example1.xml",
    "sample-discount-price.xml",
    "ubl-tc434-creditnote1.xml",
    "ubl-tc434-example1.xml",
    "ubl-tc434-example2.xml",
    "ubl-tc434-example3.xml",
    "ubl-tc434-example4.xml",
    "ubl-tc434-example5.xml",
]
NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}

# Lines of the examples whose quantity contradicts their own line amount. Each is read with the one quantity that
# gives the stated amount at the stated price; every total below it is then compared as for any other line.
MISSTATED_QUANTITIES = {
    # A return: 6 x 18.33 is stated as -109.98, so the quantity lacks its sign.
    ("guide-example1.xml", "20"): (Decimal(6), Decimal(-6)),
    ("ubl-tc434-example1.xml", "20"): (Decimal(6), Decimal(-6)),
    # 2 x 1273.00 - 12.00 + 12.00 is stated as 1273.00: the amount is that of one laptop.
    ("ubl-tc434-example2.xml", "1"): (Decimal(2), Decimal(1)),
    # 2 x 800.00 is stated as 800.00: the amounts are those of one subscription.
    ("ubl-tc434-example3.xml", "1"): (Decimal(2), Decimal(1)),
    ("ubl-tc434-example3.xml", "2"): (Decimal(2), Decimal(1)),
}

pytestmark = pytest.mark.skipif(not DIRECTORY.is_dir(), reason="the EN 16931 examples are not beside this checkout")


def read(name):
    return ET.parse(DIRECTORY / name).getroot()


def text(element, path):
    return element.findtext(path, namespaces=NAMESPACES)


def currency_of(root):
    return text(root, "cbc:DocumentCurrencyCode")


def money(root, element, path):
    """The amount stated at the path, or None where the example states none."""
    stated = element.find(path, NAMESPACES)
    if stated is None:
        return None
    assert stated.get("currencyID") == currency_of(root)
    amount = round_minor(Decimal(stated.text), currency_of(root))
    assert amount.amount == Decimal(stated.text)
    return amount


def tax(category):
    return Tax(
        name=text(category, "cac:TaxScheme/cbc:ID"),
        percent=Decimal(text(category, "cbc:Percent")),
        category=text(category, "cbc:ID"),
    )


def adjustments(root, parent):
    """Allowances and charges with the amounts stated; a percentage stated beside one has to give that amount."""
    found = []
    for element in parent.findall("cac:AllowanceCharge", NAMESPACES):
        category = element.find("cac:TaxCategory", NAMESPACES)
        is_charge = text(element, "cbc:ChargeIndicator") in ("true", "1")
        found.append(
            Adjustment(
                kind="charge" if is_charge else "discount",
                label=text(element, "cbc:AllowanceChargeReason"),
                amount=money(root, element, "cbc:Amount"),
                taxes=None if category is None else (tax(category),),
            )
        )
    return tuple(found)


def line_elements(root):
    return root.findall("cac:InvoiceLine", NAMESPACES) + root.findall("cac:CreditNoteLine", NAMESPACES)


def quantity_of(name, element):
    quantity = Decimal(text(element, "cbc:InvoicedQuantity") or text(element, "cbc:CreditedQuantity"))
    stated, meant = MISSTATED_QUANTITIES.get((name, text(element, "cbc:ID")), (quantity, quantity))
    assert quantity == stated
    return meant


def document(name):
    root = read(name)
    totals = root.find("cac:LegalMonetaryTotal", NAMESPACES)
    return Document(
        currency=currency_of(root),
        lines=tuple(
            Line(
                quantity=quantity_of(name, element),
                unit_price=Decimal(text(element, "cac:Price/cbc:PriceAmount")),
                price_base_quantity=Decimal(text(element, "cac:Price/cbc:BaseQuantity") or 1),
                adjustments=adjustments(root, element),
                taxes=(tax(element.find("cac:Item/cac:ClassifiedTaxCategory", NAMESPACES)),),
            )
            for element in line_elements(root)
        ),
        adjustments=adjustments(root, root),
        prepaid=money(root, totals, "cbc:PrepaidAmount"),
        payable_rounding=money(root, totals, "cbc:PayableRoundingAmount"),
    )


def document_tax(root):
    """The tax in the document's currency; the same tax in the seller's accounting currency is not ours to compute."""
    (found,) = [
        element
        for element in root.findall("cac:TaxTotal", NAMESPACES)
        if element.find("cbc:TaxAmount", NAMESPACES).get("currencyID") == currency_of(root)
    ]
    return found


def test_every_example_of_the_directory_is_here():
    assert sorted(path.name for path in DIRECTORY.glob("*.xml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_lines_agree(name):
    root = read(name)

    stated = [money(root, element, "cbc:LineExtensionAmount") for element in line_elements(root)]

    assert [line.net for line in compute(document(name)).lines] == stated


@pytest.mark.parametrize("name", NAMES)
def test_taxes_agree_group_by_group(name):
    root = read(name)

    stated = Counter(
        (
            tax(element.find("cac:TaxCategory", NAMESPACES)),
            money(root, element, "cbc:TaxableAmount"),
            money(root, element, "cbc:TaxAmount"),
        )
        for element in document_tax(root).findall("cac:TaxSubtotal", NAMESPACES)
    )

    assert Counter((total.tax, total.base, total.amount) for total in compute(document(name)).taxes) == stated


@pytest.mark.parametrize("name", NAMES)
def test_document_totals_agree(name):
    root = read(name)
    element = root.find("cac:LegalMonetaryTotal", NAMESPACES)
    totals = compute(document(name))
    computed = {
        "LineExtensionAmount": totals.subtotal,
        "AllowanceTotalAmount": totals.discount,
        "ChargeTotalAmount": totals.charge,
        "TaxExclusiveAmount": totals.total_without_tax,
        "TaxInclusiveAmount": totals.total,
        "PrepaidAmount": totals.prepaid,
        "PayableRoundingAmount": totals.rounding,
        "PayableAmount": totals.due,
    }

    zero = Money.zero(currency_of(root))
    assert computed == {label: money(root, element, f"cbc:{label}") or zero for label in computed}
    assert totals.tax == money(root, document_tax(root), "cbc:TaxAmount")


def test_stated_percentages_give_the_stated_amounts():
    root = read("ubl-tc434-example5.xml")
    elements = [
        element
        for element in root.iter(f"{{{NAMESPACES['cac']}}}AllowanceCharge")
        if element.find("cbc:MultiplierFactorNumeric", NAMESPACES) is not None
    ]

    computed = []
    for element in elements:
        base = Line(Decimal(1), Decimal(text(element, "cbc:BaseAmount")))
        percent = Decimal(text(element, "cbc:MultiplierFactorNumeric"))
        adjustment = Adjustment(kind="charge", label="", percent=percent)
        computed.append(compute(Document("DKK", (base,), (adjustment,))).charge)

    assert len(computed) == 4
    assert computed == [money(root, element, "cbc:Amount") for element in elements]


@pytest.mark.parametrize(("name", "line"), MISSTATED_QUANTITIES)
def test_misstated_lines_really_contradict_themselves(name, line):
    root = read(name)
    (element,) = [element for element in line_elements(root) if text(element, "cbc:ID") == line]
    price = Decimal(text(element, "cac:Price/cbc:PriceAmount"))
    stated, meant = MISSTATED_QUANTITIES[name, line]

    amount = money(root, element, "cbc:LineExtensionAmount").amount

    assert amount == meant * price
    assert amount != stated * price
