"""The logs measured on SQLite, in a process of its own since a process has one database; the rows as JSON."""

import json
from dataclasses import asdict

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from bench import logs, seeding

    call_command("migrate", verbosity=0)
    print(json.dumps([asdict(row) for row in logs.measure(seeding.user())]))


if __name__ == "__main__":
    main()
