"""A PostgreSQL of the bench's own, on a free port, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPTIONS = "-c listen_addresses=127.0.0.1 -c shared_buffers=512MB -c max_wal_size=4GB -c synchronous_commit=on"


@contextmanager
def postgresql() -> Iterator[str]:
    """Yields its DATABASE_URL; DATABASE_URL from the environment, if given, is used instead."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    tools = _tools()
    folder = Path(tempfile.mkdtemp(prefix="invoiced-bench-"))
    port = free_port()
    owner = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else os.getuid()
    os.chown(folder, owner, -1)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=owner, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603  our own

    run(str(tools / "initdb"), "-D", str(folder / "data"), "-U", "invoiced", "-A", "trust", "-E", "UTF8")
    control = [str(tools / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s"]
    run(*control, "-l", str(folder / "log"), "-o", f"-p {port} -k {folder} {OPTIONS}", "start")
    try:
        yield f"postgresql://invoiced@127.0.0.1:{port}/postgres"
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tools() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    raise SystemExit("make bench needs a PostgreSQL server: apt-get install postgresql, or set DATABASE_URL.")
