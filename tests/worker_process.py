"""The settings of the tests, and a task for a worker in a process of its own: it says that it runs, and waits."""

import os

from django_tasks import task

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"].pop("TEST", None)


@task()
def hold() -> None:
    says, go_on = map(int, os.environ["PIPES"].split())
    os.write(says, b"!")
    os.read(go_on, 1)
