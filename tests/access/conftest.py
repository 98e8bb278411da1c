import logging

import pytest
import time_machine
from django.utils import timezone

from security import outbound
from tests.access import world as worlds
from tests.access.people import everybody


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Refusals are what these tests are about; a page of trace for each would take longer than the test."""
    caplog.set_level(logging.CRITICAL, "django.request")
    caplog.set_level(logging.CRITICAL, "django.security.csrf")


@pytest.fixture(autouse=True)
def endpoint(monkeypatch):
    """What a company streams to acknowledges everything; nothing leaves this machine."""
    monkeypatch.setattr(outbound, "post", lambda url, body, headers: outbound.Answer(200, b""))


@pytest.fixture
def world(db, settings, tmp_path):
    """A company, its people and its records, in a demo: there are a sandbox gateway and a mailbox to be reached."""
    settings.DEMO, settings.EMAIL_FILE_PATH = True, tmp_path
    return worlds.harbour()


@pytest.fixture
def people(world):
    """Everybody who might ask, by the name of the column in the matrix. However long they ask, no time passes."""
    with time_machine.travel(timezone.now(), tick=False):
        yield everybody(world)
