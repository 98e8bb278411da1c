from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Company
from accounts.scoping import in_company
from billing.queries.books.checks import CHECKS
from billing.queries.books.findings import one_moment


class Command(BaseCommand):
    help = "Prove that ledger, documents, stored balances, numbers and log say the same. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", help="check only the company of this name or id")

    def handle(self, *, company: str | None, **options: Any) -> None:
        wrong = 0
        for one in self._companies(company):
            self.stdout.write(f"{one.name}")
            with in_company(one), one_moment():
                for check in CHECKS:
                    finding = check(one.pk)
                    self.stdout.write(
                        f"  {'ok ' if not finding.wrong else 'BAD'} {finding.checked:>9,}  {finding.rule}"
                    )
                    for sentence in finding.wrong:
                        self.stdout.write(f"      {sentence}")
                    wrong += len(finding.wrong)
        if wrong:
            raise CommandError(f"The books are wrong in {wrong:,} places. Each is named above.")
        self.stdout.write("The books are true.")

    def _companies(self, wanted: str | None) -> list[Company]:
        companies = list(Company.objects.order_by("name", "pk"))
        if wanted is None:
            return companies
        chosen = [company for company in companies if wanted in (company.name, str(company.pk))]
        if not chosen:
            names = ", ".join(company.name for company in companies) or "none"
            raise CommandError(f"There is no company “{wanted}”. There are: {names}.")
        return chosen
