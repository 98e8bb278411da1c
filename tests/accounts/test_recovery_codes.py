"""Recovery codes: random enough, kept only as keyed hashes, used once whatever happens at the same time."""

import base64
import hashlib

import pytest
from django.db import connection

from accounts.actions import recovery_codes
from accounts.errors import NothingToRecover
from accounts.models import RecoveryCode, TotpDevice
from security import keyring
from tests import make, visitors
from tests.together import together

pytestmark = pytest.mark.django_db

NEW_CODES = "/settings/security/recovery-codes/"
OLD_KEY = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NEW_KEY = f"2:{base64.b64encode(bytes(range(32, 64))).decode()}"


@pytest.fixture
def ada():
    return make.member(user=make.user("ada@example.com")).user


def renewed(user):
    return recovery_codes.renew(user=user, at=make.AT)


def spend(user, code):
    return recovery_codes.spend(user=user, code=code, at=make.AT)


def test_ten_different_codes_of_80_bits(ada):
    codes = renewed(ada) + renewed(ada)

    assert len(set(codes)) == 20
    assert {len(base64.b32decode(code.replace("-", ""))) * 8 for code in codes} == {80}
    assert RecoveryCode.objects.count() == 10


def test_whoever_reads_the_database_can_use_and_check_none(ada):
    codes = renewed(ada)

    dump = str(list(RecoveryCode.objects.values()))
    for code in codes:
        bare = code.replace("-", "")
        guesses = [code, bare, *(hashlib.new(name, bare.encode()).hexdigest() for name in ("md5", "sha1", "sha256"))]
        assert not any(guess in dump for guess in guesses)


def test_the_hash_depends_on_our_key_and_survives_its_rotation(ada, settings):
    settings.ENCRYPTION_KEYS = OLD_KEY
    codes = renewed(ada)

    settings.ENCRYPTION_KEYS = f"{NEW_KEY},{OLD_KEY}"
    assert spend(ada, codes[0])
    settings.ENCRYPTION_KEYS = NEW_KEY
    assert not spend(ada, codes[1])
    assert keyring.fingerprint(codes[1], recovery_codes.PURPOSE) != keyring.fingerprint(codes[1], "something.else")


def test_a_code_is_used_once_and_by_its_owner(ada):
    mine, theirs = renewed(ada), renewed(make.user())

    assert [spend(ada, mine[0]), spend(ada, mine[0]), spend(ada, theirs[0])] == [True, False, False]


@pytest.mark.parametrize("spoiled", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_a_code_may_be_typed_sloppily(ada, spoiled):
    assert spend(ada, spoiled(renewed(ada)[0]))


def test_letters_that_look_like_figures_are_read_as_letters(ada, monkeypatch):
    monkeypatch.setattr(recovery_codes.secrets, "token_bytes", lambda size: base64.b32decode("OIBOIBOIBOIBOIBO"))
    monkeypatch.setattr(recovery_codes, "CODES", 1)
    [code] = renewed(ada)

    assert code == "OIBO-IBOI-BOIB-OIBO"
    assert spend(ada, "018o-ib01-801b-o1b0")


@pytest.mark.parametrize("typed", ["", "-", "\x00", "ß" * 16, "A" * 100_000, "'; drop table", "０" * 16])
def test_what_is_no_code_is_used_up_by_nobody(ada, typed):
    renewed(ada)

    assert not spend(ada, typed)


def test_new_ones_need_a_factor_to_stand_in_for(ada):
    with pytest.raises(NothingToRecover, match="Set one up first"):
        recovery_codes.replace(user=ada, by=make.BY, at=make.AT)


def test_looking_at_the_page_shows_and_changes_none(ada):
    make.authenticator(ada)
    codes = renewed(ada)
    desk = visitors.browser(ada.memberships.get())

    page = desk.get(NEW_CODES).content.decode()

    assert "The 10 unused codes you have stop working." in page
    assert not any(code in page for code in codes)
    assert spend(ada, codes[0])


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_use_a_code_at_once_one_does(ada):
    code = renewed(ada)[0]

    outcomes = together(make.company(), [lambda: spend(ada, code)] * 20)

    assert sorted(outcomes) == [False] * 19 + [True]


@pytest.mark.django_db(transaction=True)
def test_replacing_and_using_at_once_leaves_ten_unused_codes_and_no_old_one(ada):
    make.authenticator(ada)
    code = renewed(ada)[0]

    outcomes = together(
        make.company(),
        [lambda: spend(ada, code), lambda: recovery_codes.replace(user=ada, by=make.BY, at=make.AT)] * 3,
    )

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert RecoveryCode.objects.filter(user=ada, used_at__isnull=True).count() == 10
    assert not spend(ada, code)


def test_a_dump_of_the_database_holds_neither_seed_nor_code(ada):
    device = make.authenticator(ada)
    codes = renewed(ada)

    with connection.cursor() as cursor:
        rows = []
        for table in (TotpDevice._meta.db_table, RecoveryCode._meta.db_table):
            cursor.execute(f"SELECT * FROM {table}")
            rows += [bytes(value) if isinstance(value, memoryview) else value for row in cursor for value in row]
    dump = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in rows)

    raw = base64.b32decode(device.seed)
    for secret in (device.seed.encode(), raw, raw.hex().encode(), base64.b64encode(raw), *map(str.encode, codes)):
        assert secret not in dump
