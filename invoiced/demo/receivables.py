"""Real receivables, when they lie beside the project, else a smaller sample of the same shape made for this product."""

import csv
import datetime
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from invoiced.env import BASE_DIR

REAL = BASE_DIR.parent / "shared" / "data" / "receivables" / "receivables-2012-2013.csv"
SAMPLE = Path(__file__).with_name("sample.csv")
COUNTRIES = {"391": "DE", "406": "GB", "770": "FR", "818": "NL", "897": "CA"}


@dataclass(frozen=True, slots=True)
class Receivable:
    """One invoice of the past: who owed how much, when, and when it was settled."""

    customer: str
    country: str
    paperless: bool
    issued: datetime.date
    due: datetime.date
    settled: datetime.date
    amount: Decimal
    disputed: bool


def read(today: datetime.date) -> list[Receivable]:
    """All receivables in the order they were issued, moved in time so that the newest is issued today."""
    with open(REAL if REAL.exists() else SAMPLE, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shift = today - max(_day(row["InvoiceDate"]) for row in rows)
    receivables = [
        Receivable(
            customer=row["customerID"],
            country=COUNTRIES[row["countryCode"]],
            paperless=row["PaperlessBill"] == "Electronic",
            issued=_day(row["InvoiceDate"]) + shift,
            due=_day(row["DueDate"]) + shift,
            settled=_day(row["SettledDate"]) + shift,
            amount=Decimal(row["InvoiceAmount"]),
            disputed=row["Disputed"] == "Yes",
        )
        for row in rows
    ]
    return sorted(receivables, key=lambda receivable: (receivable.issued, receivable.customer))


def _day(text: str) -> datetime.date:
    month, day, year = map(int, text.split("/"))
    return datetime.date(year, month, day)
