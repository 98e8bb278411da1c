import pytest
from django_scopes import scope

from audit import kinds, publishing, registry, sealing
from audit.models import Checkpoint, SealerState
from security.ids import uuid7
from tests.audit import make, tampering


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
        sealing.turn(max(at, last.signed_at + publishing.SIGNED_EVERY) if last else at)
        assert SealerState.objects.get().problem == ""
        return Checkpoint.objects.order_by("pk").last()

    return seal


@pytest.fixture
def owner():
    """Do something as the owner of the database, whom no trigger stops."""
    return tampering.as_owner


@pytest.fixture
def entries(parcel_sent, door_opened, company_id, sealed_log):
    """Six sealed entries of two companies and of none, in the order of their places."""
    ours, theirs, nobodys = make.Parcel(company_id), make.Parcel(uuid7()), make.Parcel(None)
    made = [
        make.recorded(parcel_sent, ours, place="Riga"),
        make.recorded(parcel_sent, theirs, place="Oslo"),
        make.recorded(door_opened, nobodys),
        make.recorded(door_opened, ours),
        make.recorded(parcel_sent, ours, place="Bonn", changes={"weight": [1, 2]}),
        make.recorded(door_opened, nobodys),
    ]
    sealed_log()
    return made
