"""Web and worker as two child processes that live and die together."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from invoiced.env import BASE_DIR

GRACE = 25


def serve(data_dir: Path, address: tuple[str, int], ready: Callable[[], None]) -> int:
    """Run both until one ends or this process is told to stop; `ready` is called once the web server listens."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    environment = {**os.environ, "DATA_DIR": str(data_dir)}
    web = [sys.executable, "-m", "gunicorn", "--config", "python:invoiced.gunicorn"]
    worker = [sys.executable, str(BASE_DIR / "manage.py"), "worker", "--pause", "0.5"]
    children = [
        subprocess.Popen(command, cwd=BASE_DIR, env=environment, start_new_session=True)  # noqa: S603  our own commands
        for command in (web, worker)
    ]
    is_ready = False
    try:
        while not stopping.wait(0.2) and all(child.poll() is None for child in children):
            if not is_ready and is_taken(address):
                is_ready = True
                ready()
    finally:
        _end(children)
    return 0 if stopping.is_set() else 1


def is_taken(address: tuple[str, int]) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
