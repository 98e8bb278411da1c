import base64
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.cluster import postgresql

RESULTS = Path(__file__).with_name("RESULTS.md")
REMARKS = Path(__file__).with_name("REMARKS.md")


def main() -> None:
    with postgresql() as url, tempfile.TemporaryDirectory(prefix="invoiced-bench-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="bench.settings",
            DATABASE_URL=url,
            DATA_DIR=folder,
            SITE_URL="http://localhost:8000",
            DEMO="true",
            SECRET_KEY=secrets.token_hex(32),
            ENCRYPTION_KEYS=f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        )
        rows = measure_all() if "--logs" not in sys.argv else measure_logs()
        rows += measure_logs_on_sqlite(Path(folder) / "on-sqlite")
    report = write(rows)
    print(report)
    if "--keep" in sys.argv:
        RESULTS.write_text(report)


def measure_all():
    import django

    django.setup()
    from django.core.management import call_command

    from bench import documents, logs, pages, seeding, writing

    say("preparing the database")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    member = seeding.user()
    say("writing")
    rows = writing.measure(member)
    seeded = {}
    for size in pages.SIZES:
        say(f"pouring {size:,} invoices")
        seeded[size] = seeding.pour(f"Company of {size:,}", size, member)
    say("pages")
    rows += pages.measure(member, seeded)
    say("documents")
    rows += documents.measure(seeded[pages.SIZES[0]])
    say("the logs")
    return rows + logs.measure(member)


def measure_logs():
    """Of everything only the logs: make bench ARGS=--logs"""
    import django

    django.setup()
    from django.core.management import call_command

    from bench import logs, seeding

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    say("the logs")
    return logs.measure(seeding.user())


def measure_logs_on_sqlite(folder: Path):
    from bench.measuring import Row

    say("the logs, on SQLite")
    folder.mkdir()
    shutil.copytree(os.environ["DATA_DIR"] + "/static", folder / "static")
    environment = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
    command = [sys.executable, "-m", "bench.on_sqlite"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603  our own
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def write(rows) -> str:
    from bench.measuring import table

    where = f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL"
    head = f"Taken {datetime.now(UTC):%d %b %Y} on {where}.\n"
    remarks = REMARKS.read_text() if REMARKS.exists() else ""
    return f"# Measured\n\n{head}Rates are medians; what is compared took turns in one run.\n\n{table(rows)}\n{remarks}"


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
