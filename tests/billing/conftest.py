"""Property tests try the same examples on every run and every machine, however slow it is."""

import hypothesis
import pytest

from accounts.scoping import in_company
from tests import books, visitors

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


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
