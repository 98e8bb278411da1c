import pytest
from django_scopes import scope

from audit import registry
from security.ids import uuid7


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """What a test declares is forgotten afterwards."""
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    monkeypatch.setattr(registry, "_links", {})


@pytest.fixture
def parcel_sent():
    return registry.declare("parcel.sent", "sent parcel {target} to {place}")


@pytest.fixture
def door_opened():
    return registry.declare("door.opened", "opened the door of {target}", log="security")


@pytest.fixture
def company_id():
    """A company whose scope is open."""
    id = uuid7()
    with scope(company=id):
        yield id
