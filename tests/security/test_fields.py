import pytest
from django.db import connection

from accounts.models import TotpDevice
from security.encryption import DecryptionError
from tests import make

pytestmark = pytest.mark.django_db

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def device(**fields) -> TotpDevice:
    return TotpDevice.objects.create(user=make.user(), seed=SEED, confirmed=False, **fields)


def stored(row: TotpDevice) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seed FROM accounts_totpdevice WHERE name = %s", [row.name])
        return bytes(cursor.fetchone()[0])


def store(row: TotpDevice, record: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_totpdevice SET seed = %s WHERE name = %s", [record, row.name])


def test_the_database_never_sees_the_text():
    made = device()

    assert SEED.encode() not in stored(made)
    assert TotpDevice.objects.get(pk=made.pk).seed == SEED


def test_a_record_swapped_with_another_row_does_not_open():
    one, other = device(name="one"), device(name="other")
    ours, theirs = stored(one), stored(other)
    store(one, theirs)
    store(other, ours)

    for row in (one, other):
        with pytest.raises(DecryptionError):
            _ = TotpDevice.objects.get(pk=row.pk).seed


def test_saving_an_unread_secret_leaves_its_record_as_it_was():
    made = device()
    before = stored(made)

    loaded = TotpDevice.objects.get(pk=made.pk)
    loaded.last_step = 7
    loaded.save()

    assert stored(made) == before
    assert TotpDevice.objects.get(pk=made.pk).seed == SEED


def test_a_new_value_is_sealed_anew():
    made = device()
    loaded = TotpDevice.objects.defer("seed").get(pk=made.pk)
    loaded.seed = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
    loaded.save()

    assert TotpDevice.objects.get(pk=made.pk).seed == "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"


def test_a_deferred_secret_is_read_when_asked_for():
    made = device()

    assert TotpDevice.objects.defer("seed").get(pk=made.pk).seed == SEED


def test_a_secret_cannot_be_set_or_searched_without_its_row():
    device()

    with pytest.raises(TypeError, match="is encrypted"):
        TotpDevice.objects.update(seed=SEED)
    with pytest.raises(TypeError, match="is encrypted"):
        TotpDevice.objects.filter(seed=SEED).exists()
