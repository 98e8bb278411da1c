"""What every test may ask for."""

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

from tests.emptying import empty_all


@pytest.fixture(autouse=True, scope="session")
def emptied_after_commits():
    """Tests with `transaction=True` leave nothing behind, in append-only tables neither."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", empty_all)
        yield
