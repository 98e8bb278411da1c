import io
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest

from billing.documents.pdf import render_invoice
from billing.documents.sheet import Party, PaymentRow, SummaryRow, TaxRow
from tests.billing.documents.sheets import line, picture, sheet

reads_text = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")


def opened(document: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(document))


def pages(document: bytes) -> list[str]:
    """The text of each page, as a reader would copy it."""
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=document, capture_output=True, check=True).stdout
    return text.decode().split("\f")[:-1]


def words(document: bytes) -> str:
    return " ".join(" ".join(pages(document)).split())


def tags(document: pikepdf.Pdf) -> list[str]:
    found, waiting = [], [document.Root.StructTreeRoot.K]
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Array):
            waiting.extend(element)
        elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
            found.append(str(element.S))
            waiting.append(element.get("/K", pikepdf.Array()))
    return found


def test_says_that_it_is_archival_and_accessible():
    document = opened(render_invoice(sheet(language="en-GB", logo=picture())))

    with document.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Invoice INV-000042"
    assert document.Root.Lang == "en-GB"
    assert document.Root.MarkInfo.Marked is True
    assert {"/H1", "/Table", "/TH", "/TD", "/Figure"} <= set(tags(document))


def test_embeds_every_font():
    document = opened(render_invoice(sheet(bill_to=Party(name="龍 مكتب שלום"))))

    descriptors = [
        thing for thing in document.objects if isinstance(thing, pikepdf.Dictionary) and "/FontName" in thing
    ]
    assert len(descriptors) >= 5
    assert all("/FontFile2" in font or "/FontFile3" in font for font in descriptors)


def test_runs_nothing_and_reaches_nowhere():
    document = opened(render_invoice(sheet(headline="€1 due", pay_link="https://pay.example/i/abc")))

    assert not any(name in document.Root for name in ("/OpenAction", "/AA", "/Names", "/AcroForm"))
    actions = [link.A for link in document.pages[0].Annots]
    assert [str(action.S) for action in actions] == ["/URI"] * 2
    assert {str(action.URI) for action in actions} == {"https://pay.example/i/abc"}


def test_same_sheet_same_bytes_on_every_thread():
    one = sheet(logo=picture(), pay_link="https://pay.example/i/abc")

    with ThreadPoolExecutor(max_workers=4) as threads:
        documents = set(threads.map(render_invoice, [one] * 8))

    assert documents == {render_invoice(one)}


def test_prints_on_the_sellers_paper():
    for paper, size in (("a4", [595, 842]), ("us-letter", [612, 792])):
        document = opened(render_invoice(sheet(paper=paper)))
        assert [round(side) for side in document.pages[0].mediabox[2:]] == size


@reads_text
def test_prints_what_the_sheet_says():
    document = render_invoice(
        sheet(
            ship_to=Party(name="Acme Warehouse"),
            terms="NET 30",
            purchase_order="PO-7781",
            headline="€197.50 due 1 April 2026",
            lines=(line(discount="10%"), line(position="2", name="Hosting", tax="7%", net="€89.00")),
            payments=(PaymentRow("Payment 5 Mar 2026, wire", "−€100.00"),),
            payment_instructions="IBAN: DE89 3704 0044 0532 0130 00\nThank you.",
            notes="Delivered in March.",
            footer="HRB 123456 B · VAT DE123456789",
            stamp="Paid",
            stamp_tone="good",
        )
    )

    text = words(document)
    for expected in (
        "Invoice number Issue date Due date Terms Purchase order Currency",
        "INV-000042 2 Mar 2026 1 Apr 2026 NET 30 PO-7781 EUR",
        "From Bill to Ship to",
        "Northwind GmbH Acme B.V. Acme Warehouse",
        "€197.50 due 1 April 2026",
        "# Description Quantity Unit price Discount Tax Amount",
        "1 Consulting 2.5 hours €100.00 10% 19% €250.00",
        "Payment 5 Mar 2026, wire −€100.00",
        "Amount due €297.50",
        "IBAN DE89 3704 0044 0532 0130 00",
        "Thank you.",
        "Delivered in March.",
        "HRB 123456 B · VAT DE123456789",
        "Paid",
        "Page 1 of 1",
    ):
        assert expected in text


@reads_text
def test_leaves_out_what_there_is_not():
    text = words(render_invoice(sheet(lines=(line(tax="", position=""),), taxes=())))

    for absent in ("Tax", "Discount", "Ship to", "Purchase order", "How to pay", "Pay online", "Notes", "#"):
        assert absent not in text


@reads_text
@pytest.mark.parametrize("count", [0, 1, 5, 40, 500])
def test_repeats_the_header_and_totals_once(count):
    lines = tuple(line(position=str(number), name=f"Item-{number}.") for number in range(1, count + 1))

    document = pages(render_invoice(sheet(lines=lines)))

    text = "\n".join(document)
    assert re.findall(r"Item-(\d+)\.", text) == [str(number) for number in range(1, count + 1)]
    for number, page in enumerate(document, start=1):
        assert f"Page {number} of {len(document)}" in " ".join(page.split())
        if "Item-" in page:
            assert page.count("Unit price") == 1
    assert text.count("Amount due") == 1
    last = document[-1]
    assert all(label in last for label in ("Subtotal", "Total", "Amount due", "Tax summary"))


@reads_text
def test_keeps_a_short_line_on_one_page():
    lines = tuple(line(name=f"Item-{number}.", description="alpha\nbeta\ngamma\nomega") for number in range(60))

    for page in pages(render_invoice(sheet(lines=lines))):
        assert page.count("Item-") == page.count("alpha") == page.count("omega")


@reads_text
def test_lets_a_long_line_run_over_the_page():
    description = " ".join(f"word{number}" for number in range(1500))

    document = pages(render_invoice(sheet(lines=(line(description=description),))))

    assert len(description) > 10_000
    assert len(document) > 1
    assert re.findall(r"word(\d+)", "\n".join(document)) == [str(number) for number in range(1500)]


@reads_text
def test_fits_long_names_and_twelve_digit_amounts():
    amount = "€999,999,999,999.00"
    document = render_invoice(
        sheet(
            seller=Party(name="S" * 80, lines=("x" * 80,)),
            bill_to=Party(name="B" * 80),
            purchase_order="P" * 60,
            lines=(
                line(name="N" * 80, unit_price=amount, discount="−" + amount, tax="Value added tax 19%", net=amount),
            ),
            summary=(SummaryRow("Total", amount, emphasis=True),),
            taxes=(TaxRow("Value added tax at the standard rate", "19%", amount, amount),) * 3,
            amount_due=amount,
        )
    )

    text = words(document)
    assert text.count(amount) == 11
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=document, capture_output=True, check=True
    ).stdout.decode()
    edges = re.findall(r'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)"', boxes)
    assert min(float(left) for left, _ in edges) >= 51
    assert max(float(right) for _, right in edges) <= 545


@reads_text
def test_draws_every_script():
    names = (
        "上海龙骨贸易有限公司",
        "株式会社さくら",
        "서울특별시",
        "臺灣繁體",
        "שלום",
        "مكتب",
        "Ελληνικά",
        "Кириллица",
        "Łódź",
        "Đặng",
    )

    text = words(render_invoice(sheet(lines=tuple(line(name=name, position="") for name in names))))

    assert [name for name in names if name not in text] == []
    assert "\N{REPLACEMENT CHARACTER}" not in text


@pytest.mark.parametrize(
    ("language", "name", "family"),
    [
        ("en", "龍骨", "NotoSansCJKsc"),
        ("en", "龍骨の店", "NotoSansCJKjp"),
        ("en", "한국어 龍", "NotoSansCJKkr"),
        ("zh-TW", "龍骨", "NotoSansCJKtc"),
        ("ja", "龍骨", "NotoSansCJKjp"),
    ],
)
def test_draws_ideographs_as_the_reader_knows_them(language, name, family):
    document = opened(render_invoice(sheet(language=language, bill_to=Party(name=name))))

    fonts = [
        str(thing.FontName)
        for thing in document.objects
        if isinstance(thing, pikepdf.Dictionary) and "/FontName" in thing
    ]
    assert {font.partition("+")[2].partition("-")[0] for font in fonts if "CJK" in font} == {family}


HOSTILE = (
    '#read("/etc/passwd")',
    '#import "@preview/tablex:0.0.9": *',
    "$x$ *bold* _soft_ `raw` = heading",
    '</x><script>alert("1")</script>',
    "{{ 7*7 }} %s \\u{41}",
    '"), panic("x',
)


@reads_text
@pytest.mark.parametrize("text", HOSTILE)
def test_prints_hostile_text_as_it_is(text):
    document = render_invoice(
        sheet(
            title=text,
            number=text,
            seller=Party(name=text, lines=(text,)),
            bill_to=Party(name=text, lines=(text,)),
            lines=(line(position=text, name=text, description=text, unit=text, discount=text, tax=text, net=text),),
            summary=(SummaryRow(text, text),),
            taxes=(TaxRow(text, text, text, text),),
            payment_instructions=text,
            notes=text,
            footer=text,
            stamp=text,
        )
    )

    shown = words(document)
    assert shown.count(text) >= 3
    assert "root:" not in shown
    with opened(document).open_metadata() as metadata:
        assert metadata["dc:title"] == f"{text} {text}"


@reads_text
def test_drops_what_hides_or_reorders_text():
    text = words(render_invoice(sheet(bill_to=Party(name="Acme\x00 \u202egnp.exe\u2066 Ltd\u2069"))))

    assert "Acme gnp.exe Ltd" in text


@pytest.mark.parametrize(
    "text", ["\ufeff", "\ue000", "\U00012000", "e\u0334\u0323\u20d0\u0488", "3\ufe0f\u20e3", "\ud800", "\u0378"]
)
def test_renders_whatever_it_is_given(text):
    assert render_invoice(sheet(notes=f"before {text} after")).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("colour", ["#ffffff", "#ffff00", "#000000", "#1f5eff"])
def test_takes_any_brand_colour(colour):
    assert render_invoice(sheet(brand_colour=colour, pay_link="https://pay.example/i/abc")).startswith(b"%PDF-1.7")


@pytest.mark.parametrize(("tone", "marked"), [("bad", True), ("neutral", True), ("good", False)])
def test_a_document_nobody_shall_pay_says_so_behind_every_page(tone, marked):
    document = opened(render_invoice(sheet(lines=(line(),) * 60, stamp="Void", stamp_tone=tone)))

    assert len(document.pages) > 1
    for page in document.pages:
        assert (b"/Type/Background" in page.Contents.read_bytes().replace(b" ", b"")) is marked
