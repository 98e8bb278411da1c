"""What is printed on an invoice: words and amounts already formatted, nothing left to work out."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ACCENT = "#1f5eff"
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
LETTER_COUNTRIES = frozenset({"US", "CA"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A name and the lines beneath it: address, tax number, how to reach them."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    position: str
    name: str
    description: str = ""
    quantity: str
    unit: str = ""
    unit_price: str
    discount: str = ""
    tax: str = ""
    net: str


@dataclass(frozen=True, slots=True)
class SummaryRow:
    label: str
    amount: str
    emphasis: bool = False


@dataclass(frozen=True, slots=True)
class TaxRow:
    name: str
    rate: str
    base: str
    amount: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    label: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSheet:
    """One invoice as its reader sees it. `created_at` is the document's own date: same sheet, same bytes."""

    title: str
    number: str
    seller: Party
    bill_to: Party
    ship_to: Party | None = None
    issue_date: str
    due_date: str = ""
    terms: str = ""
    purchase_order: str = ""
    currency: str
    headline: str = ""
    lines: tuple[SheetLine, ...]
    summary: tuple[SummaryRow, ...]
    taxes: tuple[TaxRow, ...] = ()
    payments: tuple[PaymentRow, ...] = ()
    amount_due_label: str = "Amount due"
    amount_due: str
    payment_instructions: str = ""
    pay_link: str = ""
    notes: str = ""
    footer: str = ""
    stamp: str = ""
    stamp_tone: Literal["good", "neutral", "bad"] = "neutral"
    brand_colour: str = ACCENT
    logo: bytes | None = None
    language: str = "en"
    paper: Literal["a4", "us-letter"] = "a4"
    created_at: datetime

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.brand_colour):
            raise ValueError("Write the brand colour as # and six hexadecimal digits, such as #1f5eff.")
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", self.language):
            raise ValueError("Write the language as in en or pt-BR.")
        if self.pay_link and not re.fullmatch(r"https?://[!-~]{1,2000}", self.pay_link):
            raise ValueError("Write the payment link as an address that starts with https://.")
        if self.logo is not None and not self.logo.startswith((PNG, JPEG)):
            raise ValueError("Give the logo as PNG or JPEG.")
        if self.paper not in ("a4", "us-letter"):
            raise ValueError("Choose the paper a4 or us-letter.")
        if self.created_at.tzinfo is None:
            raise ValueError("Give the document's date with its time zone.")


def paper_of(country: str) -> Literal["a4", "us-letter"]:
    """The paper a seller prints on: Letter in the United States and Canada, A4 everywhere else."""
    return "us-letter" if country.upper() in LETTER_COUNTRIES else "a4"
