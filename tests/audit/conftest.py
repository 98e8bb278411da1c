import pytest
from django_scopes import scope

from audit import kinds, registry, sealing
from audit.models import Checkpoint, SealerState
from security.ids import uuid7
from tests.audit import make


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """What a test declares is forgotten afterwards."""
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    monkeypatch.setattr(registry, "_reserved", dict(registry._reserved))
    monkeypatch.setattr(registry, "_links", {})


@pytest.fixture
def parcel_sent():
    return registry.declare("parcel.sent", "sent parcel {target} to {place}", changes=True)


@pytest.fixture
def parcel_packed():
    """It keeps data of every kind."""
    kept = {
        "weight": kinds.NUMBER,
        "fragile": kinds.YES_NO,
        "stops": kinds.TEXTS,
        "options": kinds.NAMED_TEXTS,
        "parts": kinds.TABLE,
    }
    return registry.declare("parcel.packed", "packed parcel {target} at {place}", kept=kept, changes=True)


@pytest.fixture
def door_opened():
    return registry.declare("door.opened", "opened the door of {target}", log="security")


@pytest.fixture
def company_id():
    """A company whose scope is open."""
    id = uuid7()
    with scope(company=id):
        yield id


@pytest.fixture
def sealed_log(db):
    """A sealer with folders of its own: `sealed_log(at)` seals what there is and gives the latest checkpoint."""

    def seal(at=make.NOON):
        last = Checkpoint.objects.order_by("pk").last()
        sealing.turn(max(at, last.signed_at + sealing.SIGNED_EVERY) if last else at)
        assert SealerState.objects.get().problem == ""
        return Checkpoint.objects.order_by("pk").last()

    return seal
