import logging
from contextlib import ExitStack
from copy import deepcopy
from shutil import copytree
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection, transaction
from django.test import override_settings
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


@pytest.fixture(scope="package")
def harbour(django_db_setup, django_db_blocker, tmp_path_factory):
    """The company with its people and records, made once in a transaction in which all tests here have theirs."""
    folder = tmp_path_factory.mktemp("harbour")
    folders = {"EMAIL_FILE_PATH": folder / "mail", "LOG_DIR": folder / "log", "SEALER_DIR": folder / "sealer"}
    around = ExitStack()
    with django_db_blocker.unblock(), override_settings(DEMO=True, **folders):
        around.enter_context(transaction.atomic())
        world = worlds.harbour()
        at = timezone.now()
        with time_machine.travel(at, tick=False):
            people = everybody(world)
        connection.check_constraints()
    yield SimpleNamespace(world=world, people=people, at=at, folders=folders)
    with django_db_blocker.unblock(), around:
        transaction.set_rollback(True)


@pytest.fixture
def db(harbour, db):
    """Whoever asks for the database meets the harbour in it, whichever test ran before."""


@pytest.fixture
def own_harbour(harbour, db, settings, tmp_path):
    """The harbour as this test alone changes it, at the moment it was made. However long the test takes, none passes.

    It is in a demo: there are a sandbox gateway and a mailbox to be reached.
    """
    settings.DEMO, settings.EMAIL_FILE_PATH = True, tmp_path
    for name, made in harbour.folders.items():
        copytree(made, getattr(settings, name), dirs_exist_ok=True)
    with time_machine.travel(harbour.at, tick=False):
        yield deepcopy(SimpleNamespace(world=harbour.world, people=harbour.people))


@pytest.fixture
def world(own_harbour):
    """A company, its people and its records."""
    return own_harbour.world


@pytest.fixture
def people(own_harbour):
    """Everybody who might ask, by the name of the column in the matrix."""
    return own_harbour.people
