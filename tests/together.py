"""Things done at the same instant, each in a thread with a connection and a transaction of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from accounts.models import Company
from accounts.scoping import in_company


def together(company: Company, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all at once within the company's scope; what each returned, or the error it raised."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            with in_company(company):
                barrier.wait(timeout=20)
                return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))
