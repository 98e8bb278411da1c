"""What is an alert and what is none: each is done as people do it, sealed, and looked through."""

import datetime
import re
from uuid import UUID

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured

from accounts import alert_kinds, alert_matches, events
from accounts.actions import factor_resets, ownership
from accounts.alert_kinds import AlertKind
from accounts.models import Alert, FactorReset
from audit import registry
from audit.actions import exports, log_keys
from audit.actors import Actor
from audit.models import SecurityEvent
from invoiced.env import BASE_DIR
from tests import books, make, visitors
from tests.access import bodies
from tests.accounts.sealed import alerts, followed
from tests.accounts.signing_in import give_password
from tests.audit.make import recorded

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
DOCUMENT = BASE_DIR / "docs" / "alerts.md"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
KEY = {"name": "Nightly export", "permissions": ["customer.view"], "sees": "mine", "lasts": "30"}
RULES = {"second_factor": "advised", "grace_days": 7, "idle_minutes": 15, "session_hours": 12}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def rival(company):
    """Another company, which nothing here is about."""
    other = visitors.company("Rival")
    visitors.member(other, name="Riva")
    return other


@pytest.fixture
def bo(company):
    return visitors.member(company, "employee", "Bo")


def of(kind):
    return [sentence for code, sentence in alerts() if code == kind]


def owned(name, role="administrator", company=None):
    """A member with a password, who signs in by the page."""
    user = make.user(f"{name.lower()}@ledger.example", name=name)
    return make.member(role, company=company, user=user)


def sign_in_with(user_agent, email):
    browser = visitors.Browser(headers={"user-agent": user_agent})
    give_password(browser, email=email)
    return browser


@pytest.mark.parametrize(("role", "is_told"), [("administrator", True), ("employee", False)])
def test_a_new_device_of_who_administers(company, rival, role, is_told):
    owned("Cy", role, company)
    sign_in_with("First", "cy@ledger.example")
    followed()
    assert alerts() == []

    sign_in_with(FIREFOX, "cy@ledger.example")
    followed()

    told = [("new_device", "Cy signed in for the first time in Firefox on Linux")]
    assert alerts(company) == (told if is_told else [])
    assert alerts(rival) == []


def test_a_new_device_alerts_each_company_its_person_administers_and_points_to_the_entry_in_its_own_log_only(company):
    member = owned("Cy", "employee", company)
    administered = visitors.company("Other")
    later = make.member(company=administered, user=member.user)
    type(later).objects.filter(pk=later.pk).update(created_at=AT)
    sign_in_with("First", "cy@ledger.example")
    followed()

    sign_in_with(FIREFOX, "cy@ledger.example")
    followed()

    found = Alert._base_manager.get()
    assert (found.company_id, found.entry_id, found.log) == (administered.pk, None, "")


def test_a_factor_removed_by_its_person(company, bo, rival):
    devices = [make.authenticator(bo.user), make.authenticator(bo.user)]

    visitors.browser(bo).post(f"/settings/security/authenticator/{devices[0].pk}/remove/")
    followed()

    assert [kind for kind, _ in alerts(company)] == ["factor_removed"]
    assert alerts(rival) == []


def test_a_fresh_start_agreed_and_done(company, ada, bo, clock):
    make.authenticator(bo.user)
    reset = FactorReset.objects.create(user=bo.user, company=company, asked_at=AT)
    ada.post(f"/settings/team/factor-resets/{reset.pk}/approve/")
    followed()
    assert of("factor_removed") == ["Ada agreed that the factors of Bo are removed a day later"]

    clock.shift(25 * HOUR)
    reset.refresh_from_db()
    factor_resets.carry_out(reset=reset, by=Actor.automation("worker"), at=AT + 25 * HOUR)
    followed()

    assert of("factor_removed")[1:] == ["worker removed every factor and recovery code of Bo"]


@pytest.mark.parametrize(
    ("changed", "is_told"),
    [
        ({"second_factor": "off"}, True),
        ({"idle_minutes": 5}, False),
        ({"session_hours": 11}, False),
        ({"grace_days": 8}, True),
        ({"grace_days": 6}, False),
    ],
    ids=["off", "shorter idle", "shorter sessions", "more grace", "less grace"],
)
def test_rules_that_demand_less(ada, changed, is_told):
    ada.post("/settings/sign-in/", RULES | changed)
    followed()
    assert of("sign_in_rules") == (["Ada changed the sign-in rules of Ledger"] if is_told else [])


def test_many_refusals_are_one_alert_for_as_long_as_they_go_on(company, bo, clock):
    desk = visitors.browser(bo)
    pages = ["sign-in", "logs", "api-keys/new", "roles/new", "approvals", "team/invite", "company", "roles/x/copy"]

    def try_all():
        for page in pages:
            desk.get(f"/settings/{page}/")

    try_all()
    followed()
    assert alerts() == []

    clock.shift(2 * MINUTE)
    try_all()
    clock.shift(2 * MINUTE)
    try_all()
    followed()
    assert of("refusals") == ["Bo was refused, or failed, 16 times within 10 minutes"]

    clock.shift(30 * MINUTE)
    visitors.sign_in(desk, bo)
    for _ in range(3):
        clock.shift(2 * MINUTE)
        try_all()
    followed()
    assert len(of("refusals")) == 1

    clock.shift(90 * MINUTE)
    visitors.sign_in(desk, bo)
    for _ in range(3):
        clock.shift(2 * MINUTE)
        try_all()
    followed()
    assert len(of("refusals")) == 2


def test_ten_failures_from_one_address_at_different_accounts(company, rival):
    for number in range(10):
        owned(f"Person{number}", "employee", company)
        visitors.Browser().post(
            "/sign-in/", {"email": f"person{number}@ledger.example", "password": "wrong"}, REMOTE_ADDR="198.51.100.7"
        )
    followed()

    assert of("refusals") == ["Somebody at 198.51.100.7 was refused, or failed, 10 times within 10 minutes"]
    assert alerts(rival) == []


def test_ten_failures_spread_over_an_hour_are_none(company, clock):
    for number in range(10):
        owned(f"Person{number}", "employee", company)
        clock.shift(6 * MINUTE)
        visitors.Browser().post("/sign-in/", {"email": f"person{number}@ledger.example", "password": "wrong"})
    followed()

    assert alerts() == []


def test_all_customers_exported(ada, acme):
    ada.post("/customers/export/?show=credit")
    followed()
    assert alerts() == []

    ada.post("/customers/export/")
    followed()

    assert of("mass_export") == ["Ada exported the list of customers"]


@pytest.mark.parametrize("many", [3, 4], ids=["as many as may be", "one more"])
@pytest.mark.parametrize("query", ["outcome=success", "ip=0.0.0.0/0", "kind=member", "text=a", "type=user"])
def test_filters_that_narrow_a_log_too_little_do_not_hide_a_mass_export(company, ada, monkeypatch, query, many):
    monkeypatch.setattr("audit.queries.exports.MANY", 3)
    monkeypatch.setattr(alert_matches, "MANY", 3)
    cassandra = make.user("cy@ledger.example", name="Cassandra")
    for _ in range(many):
        recorded(events.USER_SIGNED_OUT, cassandra, at=AT, company_id=company.pk)

    ada.post(f"/audit/security/export/?{query}", {"format": "csv"})
    followed()

    exported = ["Ada exported the security log of Ledger as CSV"]
    assert of("mass_export") == (exported if many > 3 else [])


def test_filters_that_narrow_the_customers_too_little_do_not_hide_a_mass_export(company, ada, acme, monkeypatch):
    monkeypatch.setattr("billing.views.customers.MANY", 0)
    monkeypatch.setattr(alert_matches, "MANY", 0)

    ada.post("/customers/export/?currency=EUR")
    followed()

    assert of("mass_export") == ["Ada exported the list of customers"]


def test_three_exports_within_an_hour(ada, acme, clock):
    for _ in range(3):
        clock.shift(25 * MINUTE)
        visitors.sign_in(ada, make.Membership.objects.get(user__name="Ada"))
        ada.post("/invoices/export/")
    followed()

    assert of("mass_export") == ["Ada exported 3 times within 60 minutes"]


@pytest.mark.parametrize("many", [4, 19, 20, 21])
def test_proofs_of_single_histories_are_no_export_until_they_are_many(company, many):
    by = visitors.access(visitors.member(company, name="Ada")).actor
    for number in range(many):
        exports.note_history(company=company, object_type="invoice", object_id=UUID(int=number), by=by, at=AT)
    followed()

    told = [("mass_proofs", f"Ada downloaded the proofs of {many} histories within 60 minutes")]
    assert alerts() == (told if many >= 20 else [])


@pytest.mark.parametrize("field", ["bank_details", "footer"])
def test_where_customers_are_told_to_pay(company, ada, field):
    seller = books.seller(company)
    form = bodies.company(bank_details="", footer="")
    ada.post("/settings/company/", form)
    followed()
    assert alerts() == []

    ada.post("/settings/company/", form | {field: "IBAN DE00"})
    followed()

    seller.refresh_from_db()
    assert getattr(seller, field) == "IBAN DE00"
    assert of("pays_elsewhere") == [f"Ada changed where customers are told to pay {seller}"]


def test_another_gateway(company, monkeypatch):
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    monkeypatch.setattr(registry, "_reserved", {})
    changed = registry.declare("gateway.changed", "changed the payment gateway of {target}")
    recorded(changed, company, at=AT)
    followed()

    assert of("pays_elsewhere") == ["Ada changed the payment gateway of Ledger"]


def test_an_api_key(ada):
    ada.post("/settings/api-keys/new/", KEY)
    followed()
    assert of("api_key_made") == ["Ada made the API key Nightly export"]


def test_another_owner(company, bo):
    owner = visitors.member(company, name="Owen", is_owner=True)
    heir = visitors.member(company, name="Ida")
    transfer = ownership.offer(owner=owner, to=heir, by=visitors.access(owner).actor, at=AT)
    visitors.browser(heir).post(f"/settings/team/ownership/{transfer.pk}/accept/")
    followed()

    assert of("ownership_passed") == ["Ida took over the ownership of Ledger from Owen"]


def test_another_key_of_the_log_concerns_everybody(company, rival):
    followed()
    log_keys.replace(by=Actor.operator("manage.py replace_log_key"), at=AT, is_lost=False)
    followed()

    assert [kind for kind, _ in alerts(company)] == [kind for kind, _ in alerts(rival)] == ["log_key"]


def test_what_concerns_nobody_is_no_alert(company, ada):
    ada.get("/audit/security/")
    ada.post("/customers/new/", bodies.customer())
    followed()
    assert alerts() == []


def test_no_kind_is_about_alerts_and_none_is_declared_twice():
    for kind in (AlertKind("all", "All", "always", actions=("*.raised",)), alert_kinds.SEALER_LATE):
        with pytest.raises(ImproperlyConfigured):
            alert_kinds.declare(kind)
    assert "alert.raised" not in alert_kinds.watched()


def test_every_kind_can_be_named_on_its_page(ada):
    page = ada.get("/settings/logs/").content.decode()
    assert [kind.code for kind in alert_kinds.kinds() if kind.name not in page] == []


def test_the_document_lists_every_kind():
    rows = re.findall(r"^\| ([^|]+) \| (when [^|]+) \| (yes|no) \|$", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)
    known = [(kind.name, kind.sentence, "yes" if kind.can_be_off else "no") for kind in alert_kinds.kinds()]
    assert rows == known


@pytest.mark.parametrize(
    ("action", "filters", "is_everything"),
    [
        ("log.exported", {}, True),
        ("customer.exported", {}, True),
        ("invoice.exported", {}, False),
        ("log.exported", {"since": "2000-01-01"}, True),
        ("log.exported", {"until": "2100-01-01"}, True),
        ("log.exported", {"since": "2026-02-08", "until": "2100-01-01"}, True),
        ("log.exported", {"since": "2026-02-09", "until": "2100-01-01"}, False),
        ("log.exported", {"since": "2025-01-01", "until": "2025-02-01"}, False),
        ("log.exported", {"since": "2025-01-01", "until": "2025-02-02"}, True),
        ("log.exported", {"since": "1/2/2026"}, True),
        ("log.exported", {"since": "2000-01-01", "action": "invoice.issued"}, False),
    ],
    ids=range(11),
)
def test_days_that_narrow_nothing_do_not_hide_a_mass_export(action, filters, is_everything):
    at = datetime.datetime(2026, 3, 12, 12, tzinfo=datetime.UTC)

    assert (
        alert_matches.takes_everything(SecurityEvent(action=action, data={"filters": filters}, at=at)) == is_everything
    )


@pytest.mark.parametrize("verb", ["made", "changed", "paused", "resumed", "secret_renewed", "failed", "removed"])
def test_whatever_is_done_to_the_log_stream(verb):
    assert "log_settings" in [kind.code for kind in alert_kinds.kinds_about(f"log_stream.{verb}")]
