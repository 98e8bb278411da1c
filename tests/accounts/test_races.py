"""Two requests at the same instant, in real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django_otp import verify_token

from accounts.actions import factors, recovery_codes, sign_ins
from accounts.errors import AccountsError, CodeRefused
from accounts.models import TotpDevice
from audit.actors import Actor
from audit.models import SecurityEvent
from security import ratelimit
from security.ratelimit import SIGN_IN
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(times, attempt):
    """Runs the attempt in as many threads, all starting together, and says which succeeded."""
    barrier = threading.Barrier(times)

    def run(number):
        barrier.wait(timeout=10)
        try:
            return attempt() is not False
        except AccountsError:
            return False

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(closing(run), range(times)))


def closing(attempt):
    """The attempt in a thread, which closes its connection afterwards."""

    def run(*args):
        try:
            return attempt(*args)
        finally:
            connection.close()

    return run


def sign_in(user, code):
    sign_ins.with_code(user=user, code=code, by=Actor.member(user), at=make.AT)


def signed_in():
    return SecurityEvent.objects.filter(action="user.signed_in").count()


def test_one_code_in_parallel_signs_in_once():
    user = make.user()
    code = make.code(make.authenticator(user))

    outcomes = at_once(6, lambda: sign_in(user, code))

    assert sum(outcomes) == signed_in() == 1


def test_a_code_that_another_request_is_checking_is_waited_for_and_then_refused():
    user = make.user()
    device = make.authenticator(user)
    code = make.code(device)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert verify_token(user, device.persistent_id, code)
            other = threads.submit(closing(lambda: sign_in(user, code)))
            wait_until_somebody_waits_for_a_lock(other)

        with pytest.raises(CodeRefused):
            other.result()
    assert signed_in() == 0


def wait_until_somebody_waits_for_a_lock(other):
    """On PostgreSQL; SQLite lets nobody else write, nor tells who waits."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        while not other.done():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return


def test_one_recovery_code_in_parallel_signs_in_once():
    user = make.user()
    make.authenticator(user)
    code = recovery_codes.renew(user=user, at=make.AT)[0]

    outcomes = at_once(6, lambda: sign_in(user, code))

    assert sum(outcomes) == signed_in() == 1


def test_one_set_up_in_parallel_is_confirmed_once():
    user = make.user()
    device = TotpDevice.objects.create(user=user, name="Authenticator app", confirmed=False)
    code = make.code(device)

    outcomes = at_once(4, lambda: factors.enrol(user=user, code=code, by=make.BY, at=make.AT))

    assert sum(outcomes) == 1
    assert user.recovery_codes.count() == 10


def test_tries_in_parallel_do_not_pass_the_limit():
    outcomes = at_once(16, lambda: ratelimit.take(SIGN_IN, "ada@example.com", at=make.AT))

    assert sum(outcomes) == SIGN_IN.tries
