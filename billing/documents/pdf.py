"""Sheets as PDF: archival (PDF/A-3a), accessible (PDF/UA-1), and the same bytes for the same sheet."""

import base64
import io
import json
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
import typst
from PIL import Image

from billing.documents.fonts import families, typefaces
from billing.documents.sheet import InvoiceSheet, Party, SheetLine
from billing.documents.text import breakable, printable

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS: list["typst.PDFStandard"] = ["a-3a", "ua-1"]
COLUMNS = ("position", "quantity", "unit", "unit_price", "discount", "tax", "net")
LONG_LINE = 900
LOGO_PIXELS = (732, 200)  # what 62 mm by 17 mm hold at 300 dots per inch
LONGEST_LABEL = 24
HAN_BY_LANGUAGE = {"ja": "JP", "ko": "KR", "zh": "SC", "zh-TW": "TC", "zh-HK": "HK", "zh-MO": "HK"}

_of_this_thread = threading.local()
_kana = re.compile(r"[\u3040-\u30ff]").search
_hangul = re.compile(r"[\uac00-\ud7a3]").search


def render_invoice(sheet: InvoiceSheet) -> bytes:
    """The invoice as PDF. What a company or a customer wrote reaches the template only as data."""
    content = json.dumps(_content(sheet), ensure_ascii=False)
    settings = {
        "language": sheet.language,
        "paper": sheet.paper,
        "fonts": families(_han(sheet.language, content)),
        "longest": _longest(sheet.lines),
        "brand": sheet.brand_colour,
        "stamp_tone": sheet.stamp_tone,
        "pay_link": sheet.pay_link,
        "qr": _code(sheet.pay_link) if sheet.pay_link else "",
        "logo": _picture(sheet.logo) if sheet.logo else "",
    }
    return compiler("invoice.typ").compile(  # type: ignore[return-value]  # one file, so bytes
        format="pdf",
        sys_inputs={"content": content, "settings": json.dumps(settings)},
        pdf_standards=STANDARDS,
        timestamp=int(sheet.created_at.timestamp()),
    )


def compiler(template: str) -> typst.Compiler:
    """One a thread and template: a compiler is warm from its second document on, and cannot be shared."""
    compilers = _of_this_thread.__dict__
    if template not in compilers:
        compilers[template] = typst.Compiler(TEMPLATES / template, root=TEMPLATES, font_paths=typefaces())
    return compilers[template]


def _content(sheet: InvoiceSheet) -> dict[str, Any]:
    return {
        "title": printable(sheet.title),
        "number": printable(sheet.number),
        "seller": _party(sheet.seller),
        "bill_to": _party(sheet.bill_to),
        "ship_to": _party(sheet.ship_to) if sheet.ship_to else None,
        "facts": [
            (label, breakable(value))
            for label, value in (
                ("Issue date", sheet.issue_date),
                ("Due date", sheet.due_date),
                ("Terms", sheet.terms),
                ("Purchase order", sheet.purchase_order),
                ("Currency", sheet.currency),
            )
            if value
        ],
        "headline": printable(sheet.headline),
        "lines": [_line(line) for line in sheet.lines],
        "summary": [(breakable(row.label), _figures(row.amount), row.emphasis) for row in sheet.summary],
        "taxes": [
            (breakable(row.name), _figures(row.rate), _figures(row.base), _figures(row.amount)) for row in sheet.taxes
        ],
        "payments": [(breakable(row.label), _figures(row.amount)) for row in sheet.payments],
        "amount_due_label": printable(sheet.amount_due_label),
        "amount_due": _figures(sheet.amount_due),
        "payment_instructions": [_instruction(line) for line in printable(sheet.payment_instructions).splitlines()],
        "notes": breakable(sheet.notes),
        "footer": printable(" · ".join(sheet.footer.split("\n"))),
        "stamp": printable(sheet.stamp),
    }


def _party(party: Party) -> dict[str, Any]:
    return {"name": breakable(party.name), "lines": [breakable(line) for line in party.lines if line]}


def _line(line: SheetLine) -> dict[str, Any]:
    return {
        "position": printable(line.position),
        "name": breakable(line.name),
        "description": breakable(line.description),
        "quantity": _figures(line.quantity),
        "unit": breakable(line.unit),
        "unit_price": _figures(line.unit_price),
        "discount": breakable(line.discount),
        "tax": breakable(line.tax),
        "net": _figures(line.net),
        "long": len(line.name) + len(line.description) > LONG_LINE,
    }


def _figures(text: str) -> str:
    """A number with its unit or currency, which no line break may part."""
    return printable(text).replace(" ", "\N{NO-BREAK SPACE}")


def _longest(lines: tuple[SheetLine, ...]) -> dict[str, int]:
    return {field: max((len(getattr(line, field)) for line in lines), default=0) for field in COLUMNS}


def _instruction(line: str) -> tuple[str, str | list[str]]:
    """A line such as `IBAN: DE89…` as its label and value, any other line whole."""
    label, colon, value = line.partition(": ")
    return (label, breakable(value)) if colon and len(label) <= LONGEST_LABEL else ("", breakable(line))


def _han(language: str, content: str) -> str:
    """Which way to draw what Chinese, Japanese and Korean share: the language decides, else the letters beside it."""
    by_language = HAN_BY_LANGUAGE.get(language) or HAN_BY_LANGUAGE.get(language[:2])
    if by_language:
        return by_language
    if _kana(content):
        return "JP"
    return "KR" if _hangul(content) else "SC"


def _code(link: str) -> str:
    """The link as QR code. Trying all eight masks takes five times as long and reads no better for a random link."""
    return segno.make(link, error="m", mask=0, micro=False).svg_inline(border=0)


@lru_cache(maxsize=64)
def _picture(image: bytes) -> str:
    """The logo at the size it is printed, within an SVG of ours: the only way in for bytes that are no file."""
    with Image.open(io.BytesIO(image), formats=("PNG", "JPEG")) as picture:
        picture.thumbnail(LOGO_PIXELS)
        printed = io.BytesIO()
        picture.save(printed, "PNG")
        width, height = picture.size
    data = base64.b64encode(printed.getvalue()).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>'
    )
