"""Letters about an account: what stands in them, when they leave, and that no row of ours can open what they open."""

import datetime
import smtplib

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template import Context, Template
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from accounts import letters, mail
from accounts.actions import clearing, mailed_links, notices
from accounts.letters import KINDS, TO_AN_ADDRESS
from accounts.models import Approval, Company, Letter, MailedLink, Membership
from audit import sealing
from audit.actors import Actor
from audit.models import Checkpoint, LogKey, SecurityEvent
from invoiced import schedules
from security.tokens import token_hash
from tests import books, make, visitors
from tests.accounts.letter_box import delivered, html, path, text, token
from tests.queue import work

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
BY = Actor(type="member", id="1", label="Ada", ip="203.0.113.7", user_agent=FIREFOX)
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
FACTS = {
    "alert": "Bank details or gateway changed",
    "sentence": "Bo changed the company profile",
    "happened": "2026-03-16T08:55:00+00:00",
    "size": "12",
    "about": "INV-000012, EUR 612.30",
    "act": "write off an invoice",
    "outcome": "They agreed, and it is done.",
    "rules": "Write off an invoice: Waits above 500 EUR",
    "key": "Nightly export",
    "may": "see payments",
    "sight": "2 chosen customers only",
    "by": "Bo",
    "changed": "You may no longer: record a payment that arrived.",
    "role": "Night clerk",
    "customers": "34 customers",
    "former": "Cy Former",
    "owner": "Di Owner",
    "approver": "Bo",
    "email": "di@elsewhere.example",
    "codes_left": "3",
    "due": "2026-03-17T09:00:00+00:00",
    "factors": "the authenticator app “Phone”, added on 3 Mar 2026",
    "fresh_start": "asked",
    "factor": "the authenticator app “Phone”",
    "new_email": "new@ledger.example",
    "old_email": "ada@ledger.example",
    "page": "/settings/team/",
    "person": "Cy",
    "refuser": "Bo",
}


class Down(BaseEmailBackend):
    """A mail server that is not there."""

    def open(self):
        raise ConnectionRefusedError(111, "Connection refused")


class Lossy(BaseEmailBackend):
    """A mail server that takes a letter and is gone before it has said so."""

    taken: list = []

    def send_messages(self, messages):
        self.taken += messages
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture(autouse=True)
def signed_log(db):
    """A checkpoint, for the kind of letter that holds one."""
    sealing.turn(AT)
    LogKey.objects.get()
    Checkpoint.objects.create(size=12, root=bytes(32), note="testserver/log\n12\nAAAA\n\n— signed\n", signed_at=AT)


@pytest.fixture
def user(company):
    return visitors.member(company, name="Ada").user


@pytest.fixture
def server(settings):
    def use(backend):
        settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}" if backend else LOCMEM

    return use


def queue(kind, user, **options):
    """A letter of a kind, with what the kind asks for."""
    facts = {name: FACTS[name] for name in KINDS[kind].facts} | letters.origin(BY)
    purpose = KINDS[kind].link
    link = mailed_links.create(purpose, user=user, at=AT, lasts=HOUR) if purpose else None
    to = user.email if user else "nobody@ledger.example"
    return letters.queue(kind, **{"user": user, "to": to, "at": AT, "facts": facts, "link": link} | options)


def deliver(letter):
    letters.deliver.call(str(letter.pk))
    letter.refresh_from_db()


def everything_stored():
    """All that the database holds, as text."""
    rows = [model._base_manager.values() for model in apps.get_models()]
    return "\n".join(str(row) for values in rows for row in values)


def test_the_letter_says_what_happened_when_and_from_where(user):
    notices.tell("password_changed", user=user, by=BY, at=AT)
    [letter] = delivered()
    assert (letter["Subject"], letter["To"]) == ("Your password was changed", "ada@ledger.example")
    assert letter["From"] == "Invoiced <invoices@testserver>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert text(letter).startswith(
        "Dear Ada,\n\nThe password of your account was changed, and all other sessions were ended.\n\n"
        "When: 16 Mar 2026, 09:00 (UTC)\nDevice: Firefox on Windows\nIP address: 203.0.113.7\n"
    )
    assert "It works until 23 Mar 2026, 09:00 (UTC)." in text(letter)
    assert "This letter is about the account ada@ledger.example at https://testserver." in text(letter)


def test_times_are_those_of_the_persons_company_and_say_so(user):
    Company.objects.update(time_zone="Europe/Berlin")
    queue("new_device", user)
    assert "When: 16 Mar 2026, 10:00 (Europe/Berlin)" in text(*delivered())


def test_of_two_companies_the_one_the_letter_is_about_gives_the_time(user):
    rival = visitors.company("Rival", "Asia/Tokyo")
    make.member(company=rival, user=user)
    queue("factor_reset_asked", user, company=rival)
    [letter] = delivered()
    assert "When: 16 Mar 2026, 18:00 (Asia/Tokyo)" in text(letter)
    assert "Rival" in html(letter)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written_and_tells_all_its_facts(user, kind):
    user.name = "Ada <b>&amp;"
    user.save()
    queue(kind, user)
    [letter] = delivered()
    shown = [FACTS[name] for name in KINDS[kind].facts - {"due", "happened", "page", "factor"}]
    assert [fact for fact in shown if fact not in text(letter) or fact not in html(letter)] == []
    assert "{" not in text(letter) + html(letter).split("</style>")[1]
    assert "Ada <b>" not in html(letter)
    assert ("Dear Ada <b>&amp;," in text(letter)) == (kind not in TO_AN_ADDRESS | {"email_change_new"})
    if KINDS[kind].link:
        assert path(letter)


@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_names_a_company_as_it_is(kind):
    path = settings.BASE_DIR / "templates" / "emails" / "accounts" / f"{kind}.subject.txt"
    told = dict.fromkeys([*FACTS, "by"], "Ada & Bo")

    subject = Template(path.read_text()).render(Context({"company": "Hull & Sons", "facts": told}))

    assert "&amp;" not in subject


@pytest.mark.parametrize("kind", ["email_change_new", "email_change_taken"])
def test_strangers_learn_nothing_about_who_asked(user, kind):
    user.name = "Ada of https://evil.example"
    user.save()
    facts = {name: FACTS[name] for name in KINDS[kind].facts}
    queue(kind, user if KINDS[kind].link else visitors.member(visitors.company("Rival"), name="Riva").user, facts=facts)
    [letter] = delivered()
    assert "evil.example" not in text(letter) + html(letter)
    assert "IP address" not in text(letter) + html(letter)


NASTY = "Evil\r\nBcc: all@ledger.example\x07\u2028\u202eCorp https://evil.example <b>"


def test_no_name_writes_a_line_or_a_head_line_of_its_own(user):
    user.name = NASTY[:120]
    user.save()
    queue("factor_added", user, facts={"factor": NASTY, "device": NASTY, "ip": "203.0.113.7"})
    [letter] = delivered()
    assert letter["Bcc"] is None
    assert len(letter.get_all("Subject")) == len(letter.get_all("To")) == 1
    assert not any(line.startswith("Bcc") for line in text(letter).splitlines())
    assert "<b>" not in html(letter).split("<body>")[1]
    assert "\u202e" not in text(letter) + html(letter)


def test_a_letter_belongs_to_the_transaction_of_its_change(user, transactional_db):
    with pytest.raises(RuntimeError, match=r"inside transaction\.atomic"):
        letters.queue("email_change_taken", user=user, to=user.email, at=AT)


def test_a_change_that_fails_leaves_no_letter(user):
    with transaction.atomic():
        queue("new_device", user)
        transaction.set_rollback(True)
    assert (Letter.objects.count(), MailedLink.objects.count(), DBTaskResult.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("no_such_kind", {}),
        ("not_me_done", {"facts": {"token": "x"}}),
        ("factor_added", {"facts": {}}),
        ("new_device", {"link": None}),
        ("not_me_done", {"link": "unlock"}),
        ("password_reset", {"link": "unlock"}),
    ],
)
def test_what_no_letter_is_like_is_refused_when_it_is_queued(user, kind, wrong):
    if wrong.get("link"):
        wrong = {"link": mailed_links.create(MailedLink.Purpose.UNLOCK, user=user, at=AT, lasts=HOUR)}
    with pytest.raises(ValueError, match="letter"):
        letters.queue(kind, **{"user": user, "to": user.email, "at": AT} | wrong)
    assert Letter.objects.count() == 0


def test_the_queue_holds_ids_and_the_database_no_token(user):
    letter = queue("password_reset", user)
    assert DBTaskResult.objects.get().args_kwargs == {"args": [str(letter.pk)], "kwargs": {}}
    assert MailedLink.objects.get().token_hash is None
    secret = token(*delivered())
    assert MailedLink.objects.get().token_hash == token_hash(secret)
    assert secret not in everything_stored()


def test_the_address_in_a_letter_is_of_the_settings_whatever_host_was_asked(user, settings, rf):
    settings.SITE_URL = "https://books.example"
    settings.ALLOWED_HOSTS = ["*"]
    request = rf.get("/", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    notices.tell("new_device", user=user, by=Actor.visitor(request), at=AT)
    [letter] = delivered()
    assert "https://books.example/account/not-me/" in text(letter)
    assert "evil.example" not in letter.as_string()


def test_while_the_mail_server_is_down_no_token_is_made(user, server):
    server(Down)
    letter = queue("password_reset", user)
    with pytest.raises(mail.NotDelivered):
        deliver(letter)
    letter.refresh_from_db()
    assert (letter.status, letter.attempts, MailedLink.objects.get().token_hash) == ("queued", 1, None)
    assert letter.failure == "The mail server cannot be reached: [Errno 111] Connection refused."
    server(None)
    deliver(letter)
    assert (letter.status, letter.attempts, letter.failure, letter.sent_at) == ("sent", 2, "", AT)


def test_a_second_try_makes_a_new_token_and_the_first_opens_nothing(user, server):
    server(Lossy)
    letter = queue("password_reset", user)
    with pytest.raises(mail.NotDelivered):
        deliver(letter)
    first = MailedLink.objects.get().token_hash
    server(None)
    deliver(letter)
    assert MailedLink.objects.get().token_hash not in (None, first)


def test_a_letter_is_sent_once(user):
    letter = queue("new_device", user)
    assert len(delivered()) == 1
    deliver(letter)
    assert delivered() == []


@pytest.mark.parametrize("end", ["used", "expired"])
def test_a_letter_whose_link_no_longer_acts_does_not_leave(user, clock, end):
    letter = queue("password_reset", user)
    if end == "used":
        mailed_links.use(letter.link, AT)
    else:
        clock.move_to(AT + HOUR)
    assert delivered() == []
    letter.refresh_from_db()
    assert (letter.status, letter.failure) == ("failed", "Its link was used or ran out before this left.")
    assert MailedLink.objects.get().token_hash is None


END = {"suspended", "revoked", "unused_suspended", "ownership_withdrawn"} | {
    "factor_reset_approved",
    "factor_reset_refused",
}


@pytest.mark.parametrize("ended", ["suspended_at", "revoked_at"])
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - TO_AN_ADDRESS))
def test_what_a_company_wrote_reaches_nobody_who_is_not_let_into_it_any_more_but_what_tells_of_that(user, kind, ended):
    letter = queue(kind, user, company=user.memberships.get().company)
    user.memberships.update(**{ended: AT}, is_owner=False)

    assert len(delivered()) == (kind in END)

    letter.refresh_from_db()
    assert letter.status == ("sent" if kind in END else "failed")


def test_what_waits_about_a_customer_is_told_to_nobody_who_does_not_see_it_when_the_letter_leaves(company):
    acme, other = books.customer(company, "Acme"), books.customer(company, "Other")
    asker, judge = (visitors.member(company, "employee", name) for name in ("Bo", "Cy"))
    asked = Approval.objects.create(
        company=company,
        requested_by=asker,
        requested_at=AT,
        expires_at=AT + HOUR,
        kind="write_off",
        object_type="invoice",
        object_id=str(acme.pk),
        object_label="INV-000001",
        customer_id=acme.pk,
    )
    page = reverse("accounts:approval_detail", args=[asked.pk])
    sent = {}
    for seen in (acme, other):
        Membership.objects.filter(company=company, role="employee").update(
            restriction="customers", customer_ids=[str(seen.pk)]
        )
        for kind, member in (("approval_needed", judge), ("approval_decided", asker), ("approval_expired", asker)):
            facts = {name: FACTS[name] for name in KINDS[kind].facts} | {"page": page}
            queue(kind, member.user, company=company, facts=facts)
        sent[seen] = len(delivered())

    assert sent == {acme: 3, other: 0}


def test_a_letter_to_nobody_known_counts_as_sent_and_never_leaves(db):
    letter = queue("password_reset", None)
    assert delivered() == []
    letter.refresh_from_db()
    assert (letter.status, MailedLink.objects.get().token_hash) == ("sent", None)


def test_a_letter_that_fails_for_good_is_in_the_log(user, server):
    server(Down)
    letter = queue("new_device", user)
    for _ in range(mail.TRIES - 1):
        with pytest.raises(mail.NotDelivered):
            deliver(letter)
    assert not SecurityEvent.objects.filter(action="letter.failed").exists()
    deliver(letter)
    assert (letter.status, letter.attempts) == ("failed", mail.TRIES)
    entry = SecurityEvent.objects.get(action="letter.failed")
    assert (entry.object_label, entry.outcome, entry.actor_label) == (
        "new device to ada@ledger.example",
        "failure",
        "Automatic mail",
    )
    assert entry.company_id == user.memberships.get().company_id


def test_the_worker_tries_again_later(user, server):
    server(Down)
    queue("new_device", user)
    work()
    task = DBTaskResult.objects.get()
    assert (task.status, task.run_after > task.enqueued_at) == ("READY", True)


def test_old_letters_and_links_are_cleared_out_and_what_waits_stays(user):
    sent, waiting = queue("new_device", user), queue("not_me_done", user)
    deliver(sent)
    clearing.forget_before(AT)
    assert (Letter.objects.count(), MailedLink.objects.count()) == (2, 1)
    schedules.clear_out(AT + schedules.KEPT + 2 * HOUR)
    assert (Letter.objects.get(), MailedLink.objects.count()) == (waiting, 0)
