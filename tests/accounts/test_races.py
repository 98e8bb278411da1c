"""Requests at the same instant, in real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django_otp import verify_token

from accounts.actions import factors, recovery_codes, tries
from accounts.errors import AccountsError
from accounts.models import KnownDevice, Letter, Session, TotpDevice
from accounts.session_store import KIND
from audit.models import SecurityEvent
from security import ratelimit
from security.models import Tally
from security.visits import key_hash
from tests import make
from tests.accounts.signing_in import CODE, give_code, give_password
from tests.visitors import Browser

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 20


def at_once(*acts):
    """Runs each act in a thread, all starting together, and gives what they returned or were refused with."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        barrier.wait(timeout=60)
        try:
            return act()
        except AccountsError as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(closing(run), acts))


def closing(act):
    """The act in a thread, which closes its connection afterwards."""

    def run(*args):
        try:
            return act(*args)
        finally:
            connection.close()

    return run


def waiting(number, email="ada@example.com"):
    """A browser somewhere, in which the password was given and the code is asked for."""
    browser = Browser(REMOTE_ADDR=f"198.51.100.{number}")
    assert give_password(browser, email, source=browser.defaults["REMOTE_ADDR"]).url.startswith(CODE)
    return browser


def code_from(browser, code):
    return lambda: give_code(browser, code, source=browser.defaults["REMOTE_ADDR"]).status_code


def answer_from(browser, passkey):
    """The page is read at once: the test client mixes up what pages rendered in several threads say."""
    offer = browser.get(CODE).context["passkey"]
    typed = {"passkey": passkey.use(offer.options), "passkey_state": offer.state}
    return lambda: browser.post(CODE, typed).status_code


def signed_in():
    assert SecurityEvent.objects.filter(action="user.signed_in").count() == Session.objects.exclude(user=None).count()
    return Session.objects.exclude(user=None).count()


@pytest.fixture
def ada():
    return make.member(user=make.user("ada@example.com")).user


def test_twenty_tries_with_one_code_sign_in_once(ada):
    device = make.authenticator(ada)
    browsers = [waiting(number) for number in range(TIMES)]
    code = make.code(device)

    answers = at_once(*(code_from(browser, code) for browser in browsers))

    assert sorted(answers) == [200] * (TIMES - 1) + [302]
    assert signed_in() == 1


def test_twenty_tries_with_one_recovery_code_sign_in_once(ada):
    make.authenticator(ada)
    code = recovery_codes.renew(user=ada, at=make.AT)[0]
    browsers = [waiting(number) for number in range(TIMES)]

    answers = at_once(*(code_from(browser, code) for browser in browsers))

    assert sorted(answers) == [200] * (TIMES - 1) + [302]
    assert (signed_in(), Letter.objects.filter(kind="recovery_code_used").count()) == (1, 1)


def test_twenty_codes_for_one_password_are_one_guess(ada):
    """A session copied into twenty browsers answers once: a try that is right would otherwise be twenty guesses."""
    make.authenticator(ada)
    first = waiting(0)
    copies = [Browser(REMOTE_ADDR="198.51.100.0") for _ in range(TIMES)]
    for copy in copies:
        copy.cookies["__Host-session"] = first.cookies["__Host-session"].value

    answers = at_once(*(code_from(copy, f"{number:06}") for number, copy in enumerate(copies)))

    assert answers.count(200) == 1  # the others start again, or learn that their session is gone
    assert {*answers} <= {200, 302, 400}
    assert SecurityEvent.objects.filter(action="factor.failed").count() == 1
    assert signed_in() == 0


def test_a_code_that_another_request_is_checking_is_waited_for_and_then_refused(ada):
    device = make.authenticator(ada)
    code, browser = make.code(device), waiting(1)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert verify_token(ada, device.persistent_id, code)
            other = threads.submit(closing(code_from(browser, code)))
            wait_until_somebody_waits_for_a_lock(other)
        assert other.result() == 200
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


def test_people_with_apps_and_with_passkeys_sign_in_together_undisturbed():
    people, acts = {}, []
    for number in range(4):
        by_app, by_passkey = (make.user(f"{kind}{number}@example.com") for kind in ("app", "passkey"))
        code, passkey = make.code(make.authenticator(by_app)), make.passkey(by_passkey)
        for user in (by_app, by_passkey):
            make.member(user=user)
            people[user.email] = waiting(number, user.email)
        acts.append(code_from(people[by_app.email], code))
        acts.append(answer_from(people[by_passkey.email], passkey))

    assert at_once(*acts) == [302] * 8

    for email, browser in people.items():
        row = Session.objects.get(key_hash=key_hash(KIND, browser.cookies["__Host-session"].value))
        assert (row.user.email, {*row.proofs}) == (email, {"password", "app" if email.startswith("app") else "passkey"})


def test_one_password_given_twice_at_once_signs_in_twice_and_knows_the_browser(ada):
    browser = Browser()
    give_password(browser)
    tabs = [Browser() for _ in range(2)]
    for tab in tabs:
        tab.cookies["__Host-device"] = browser.cookies["__Host-device"].value

    answers = at_once(*(lambda tab=tab: give_password(tab).status_code for tab in tabs))

    assert answers == [302, 302]
    for tab in tabs:
        assert KnownDevice.objects.filter(sessions__key_hash=key_hash(KIND, tab.cookies["__Host-session"].value))


def test_one_set_up_in_parallel_is_confirmed_once(ada):
    browser = Browser()
    give_password(browser)
    device = TotpDevice.objects.create(user=ada, name="Authenticator app", confirmed=False)
    code, keep = make.code(device), Session.objects.get()

    outcomes = at_once(
        *[lambda: factors.enrol(user=ada, device=device, code=code, keep=keep, by=make.BY, at=make.AT)] * 4
    )

    assert sum(not isinstance(outcome, AccountsError) for outcome in outcomes) == 1
    assert ada.recovery_codes.count() == 10


def test_tries_in_parallel_do_not_pass_the_limit():
    counts = tries.at_sign_in("ada@example.com", "192.0.2.1", None)

    outcomes = at_once(*[lambda: ratelimit.take_each(counts, at=make.AT)] * TIMES)

    assert outcomes.count(None) == tries.ACCOUNT_AND_SOURCE.tries
    assert sorted(Tally.objects.values_list("tries_left", flat=True)) == [0, 40, 90]


def test_of_parallel_refusals_one_is_the_first():
    count = tries.ACCOUNT.of("ada@example.com")
    for _ in range(tries.ACCOUNT.tries):
        ratelimit.take_each([count], at=make.AT)

    assert sum(at_once(*[lambda: ratelimit.is_first_refusal(count)] * 8)) == 1


def test_taking_clearing_and_forgetting_at_once_neither_block_nor_lose_each_other():
    accounts = [f"person{number}@example.com" for number in range(4)]

    def sign_in_often(account):
        for _ in range(10):
            counts = tries.at_sign_in(account, "192.0.2.1", None)
            assert ratelimit.take_each(counts, at=make.AT) is None
            tries.succeeded(counts, taken_at=make.AT)
            ratelimit.forget(account)

    at_once(*(lambda account=account: sign_in_often(account) for account in accounts * 2))

    source = Tally.objects.get(key=tries.SOURCE.of("192.0.2.1").key)
    assert source.tries_left == tries.SOURCE.tries
