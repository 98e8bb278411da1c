"""Beside the bench: one that writes entries, or one that seals them. It says when it has started, and waits for a line.

python -m bench.log_process write <company> <count>      python -m bench.log_process seal
"""

import sys
import threading
from uuid import UUID

import django


def main() -> None:
    django.setup()
    work, *given = sys.argv[1:]
    if work == "seal":
        _seal()
    else:
        _write(UUID(given[0]), int(given[1]))


def _write(company_id: UUID, count: int) -> None:
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import Company
    from audit import log
    from audit.actors import Actor
    from billing import events

    company, by = Company.objects.get(pk=company_id), Actor.operator("bench")
    _say_and_wait()
    for _ in range(count):
        with transaction.atomic():
            log.record(events.SELLER_CHANGED, target=company, by=by, at=timezone.now(), changes={"name": ["A", "B"]})
    print("done", flush=True)


def _seal() -> None:
    from audit.sealer import seal_until

    stopping = threading.Event()
    sealer = threading.Thread(target=seal_until, args=[stopping])
    sealer.start()
    _say_and_wait()
    stopping.set()
    sealer.join()


def _say_and_wait() -> None:
    print("started", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
