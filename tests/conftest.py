"""What every test may ask for."""

import gc
import itertools

import hypothesis
import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

from accounts.scoping import in_company
from tests import books, programs, visitors
from tests.emptying import empty_all

# Property tests try the same examples on every run and every machine, however slow it is.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_finish():
    """What was imported and collected stays to the end. The garbage collector is to look elsewhere, and less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def emptied_after_commits():
    """Tests with `transaction=True` leave nothing behind, in append-only tables neither."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", empty_all)
        yield


@pytest.fixture(autouse=True)
def own_log_folders(settings, tmp_path_factory, log_folder_numbers):
    """Where this test seals, if it does: no test meets the tiles or the key of another."""
    folder = tmp_path_factory.getbasetemp() / f"sealed-{next(log_folder_numbers)}"
    settings.LOG_DIR, settings.SEALER_DIR = folder / "log", folder / "sealer"


@pytest.fixture(scope="session")
def log_folder_numbers():
    return itertools.count()


@pytest.fixture(scope="session")
def chromium():
    """The path of the browser."""
    return programs.needed("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def company(db):
    """A company whose scope is open."""
    made = visitors.company()
    with in_company(made):
        yield made


@pytest.fixture
def ada(company):
    """Ada, who may do everything, at her browser."""
    return visitors.browser(visitors.member(company, "administrator", "Ada"))


@pytest.fixture
def acme(company):
    return books.customer(company, "Acme")


@pytest.fixture
def borealis(company):
    return books.customer(company, "Borealis")
