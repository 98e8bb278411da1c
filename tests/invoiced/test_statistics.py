import pytest
from django.db import connection

from audit.models import BillingEvent
from invoiced import statistics
from tests import books


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its own statistics")
def test_a_records_history_is_found_by_its_own_index(acme):
    statistics.refresh(books.AT)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_stat1")
        assert cursor.fetchone()[0] > 0
    rows = BillingEvent.objects.filter(object_type="customer", object_id=str(acme.pk)).order_by("-at", "-id")
    assert "billingevent_by_object" in rows.explain()
