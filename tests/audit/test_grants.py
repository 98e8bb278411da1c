"""What the database roles of web and worker may do. On PostgreSQL; SQLite has no roles."""

from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.actions import log_erasing, log_retention
from accounts.queries.log_erasing import Person
from audit import log, sealing
from audit.models import BillingEvent, Checkpoint, Leaf, LogSettings, SecurityEvent, Waiting
from billing import events
from tests import books, make, visitors
from tests.queue import work

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has roles"),
]

WEB, WORKER = "grants_test_web", "grants_test_worker"
BOTH = (WEB, WORKER)
LOGS = ("audit_billingevent", "audit_securityevent")
TREE = ("audit_leaf", "audit_checkpoint", "audit_cosignature", "audit_logkey")
SEALERS = ("audit_waiting", "audit_sealerstate", "audit_follower", "audit_check")
DENIED = r"permission denied|must be owner"
LONG_AGO = datetime(2019, 6, 1, tzinfo=UTC)


@pytest.fixture
def own_registry():
    """The events are those of the product."""


@pytest.fixture
def roles(db):
    execute(f"CREATE ROLE {WEB}")
    execute(f"CREATE ROLE {WORKER}")
    grant()


@pytest.fixture
def entry(company, acme):
    """A sealed entry of long ago."""
    with transaction.atomic():
        made = log.record(events.CUSTOMER_ARCHIVED, target=acme, by=make.BY, at=LONG_AGO)
    sealing.turn(timezone.now())
    return made


def grant(**given):
    out = StringIO()
    call_command("database_grants", web=WEB, worker=WORKER, apply=True, stdout=out, **given)
    return out.getvalue()


def execute(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def acting_as(role):
    execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        execute("RESET ROLE")


def refused(role, sql):
    with acting_as(role), pytest.raises(ProgrammingError, match=DENIED):
        execute(sql)


@pytest.mark.parametrize("role", BOTH)
@pytest.mark.parametrize("table", [*LOGS, *TREE])
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "DROP TABLE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} DISABLE TRIGGER USER",
        "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION audit_leaf_refuse_change()",
        "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
    ],
)
def test_nobody_but_the_owner_removes_from_the_log_or_lets_its_triggers_rest(roles, role, table, sql):
    refused(role, sql.format(table=table))


@pytest.mark.parametrize("table", LOGS)
@pytest.mark.parametrize("column", ["reason", "erased_at", "data", "at", "action"])
def test_the_web_changes_no_column_of_a_log(roles, table, column):
    refused(WEB, f"UPDATE {table} SET {column} = NULL")


@pytest.mark.parametrize("table", LOGS)
@pytest.mark.parametrize("column", ["id", "at", "company_id", "customer_id", "action", "actor_type", "outcome"])
def test_the_worker_changes_no_column_of_a_log_that_stands(roles, table, column):
    refused(WORKER, f"UPDATE {table} SET {column} = NULL")


def test_the_worker_changes_nothing_that_is_not_erasing(roles, entry):
    with acting_as(WORKER), pytest.raises(IntegrityError, match="never changed or removed"):
        execute("UPDATE audit_billingevent SET reason = 'rewritten'")


@pytest.mark.parametrize("table", [*TREE, *SEALERS])
@pytest.mark.parametrize("sql", ["INSERT INTO {table} DEFAULT VALUES", "DELETE FROM {table}", "TRUNCATE {table}"])
def test_the_web_writes_nothing_of_the_sealer(roles, table, sql):
    refused(WEB, sql.format(table=table))


@pytest.mark.parametrize("role", BOTH)
@pytest.mark.parametrize("table", TREE)
def test_nobody_changes_what_was_sealed(roles, role, table):
    refused(role, f"UPDATE {table} SET id = 1" if table != "audit_leaf" else "UPDATE audit_leaf SET number = 1")


@pytest.mark.parametrize("role", BOTH)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE billing_ledgerentry SET amount = 0",
        "DELETE FROM billing_ledgerentry",
        "DELETE FROM django_migrations",
        "CREATE TABLE public.mine (id integer)",
        "CREATE TEMPORARY TABLE audit_waiting (log text, entry_id uuid)",
        "SET LOCAL session_replication_role = replica",
        "INSERT INTO audit_waiting (log, entry_id) VALUES ('billing', gen_random_uuid())",
    ],
)
def test_neither_finds_another_way(roles, role, sql):
    with acting_as(role), pytest.raises(DatabaseError, match=DENIED):
        execute(sql)


def test_no_trigger_of_ours_can_be_put_on_another_table(roles):
    execute(f"CREATE TABLE elsewhere (id uuid); ALTER TABLE elsewhere OWNER TO {WEB}")
    refused(
        WEB,
        "CREATE TRIGGER mine AFTER INSERT ON elsewhere REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
        "EXECUTE FUNCTION audit_billingevent_wait_for_the_sealer()",
    )


def test_a_temporary_table_does_not_stand_in_for_the_queue(company, acme):
    execute("CREATE TEMPORARY TABLE audit_waiting (log text, entry_id uuid)")
    try:
        with transaction.atomic():
            log.record(events.CUSTOMER_ARCHIVED, target=acme, by=make.BY, at=LONG_AGO)
    finally:
        execute("DROP TABLE pg_temp.audit_waiting")
    assert Waiting.objects.count() == BillingEvent.objects.count()


@pytest.mark.parametrize("table", [*LOGS, *TREE])
@pytest.mark.parametrize("sql", ["DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
def test_the_owner_still_meets_the_triggers(roles, entry, table, sql):
    with pytest.raises(IntegrityError, match="never changed or removed"):
        execute(sql.format(table=table))


def test_the_web_does_an_ordinary_day(roles, company, acme):
    books.seller(company)
    member = make.member(company=company, user=make.user("ada@example.com"))

    with acting_as(WEB):
        browser = visitors.Browser()
        answer = browser.post("/sign-in/", {"email": "ada@example.com", "password": make.PASSWORD})
        assert answer.status_code == 302
        ada = visitors.browser(member)
        assert ada.get("/").status_code == 200
        assert books.issued(acme).number
        for page in ("/invoices/", "/audit/billing/", "/audit/security/", "/settings/logs/retention/"):
            assert ada.get(page).status_code == 200, page

    assert BillingEvent.objects.filter(action="invoice.issued").count() == 1
    assert SecurityEvent._base_manager.filter(action="user.signed_in").count() == 1


def test_the_worker_seals_what_the_web_wrote(roles, company, acme):
    with acting_as(WEB):
        books.issued(acme)
    with acting_as(WORKER):
        assert sealing.turn(timezone.now()) == BillingEvent.objects.count()

    assert (Waiting.objects.count(), Leaf.objects.count()) == (0, BillingEvent.objects.count())
    assert Checkpoint.objects.get().size == Leaf.objects.count()


def test_the_worker_erases_what_is_older(roles, company, entry):
    with acting_as(WEB):
        LogSettings.objects.create(company_id=company.pk, kept_months=12)
    with acting_as(WORKER):
        log_retention.erase_due(timezone.now())

    assert BillingEvent.objects.get(pk=entry.pk).is_erased


def test_the_web_asks_and_the_worker_erases(roles, company, acme):
    contact = books.contact(acme)
    with transaction.atomic():
        log.record(events.CONTACT_ARCHIVED, target=contact, by=make.BY, at=LONG_AGO, customer=acme.name)
    sealing.turn(timezone.now())
    ada = make.member(company=company)

    with acting_as(WEB):
        person = Person("contact", contact.pk, contact.name)
        log_erasing.ask(membership=ada, person=person, reason="Request 7", by=make.BY, at=timezone.now())
    with acting_as(WORKER):
        work()

    assert BillingEvent.objects.get(action="contact.archived").is_erased


def test_a_new_table_is_for_both(roles):
    execute("CREATE TABLE later (id integer GENERATED BY DEFAULT AS IDENTITY, name text)")
    for role in BOTH:
        with acting_as(role):
            execute("INSERT INTO later (name) VALUES ('new')")
            execute("DELETE FROM later")
        refused(role, "TRUNCATE later")


def test_granting_again_changes_nothing_and_takes_away_what_was_given_beside(roles):
    execute(f"GRANT ALL ON audit_leaf TO {WEB}")

    assert grant() == f"The web is {WEB}, the worker is {WORKER}: each may do its own part and no more.\n"

    refused(WEB, "DELETE FROM audit_leaf")


def test_without_apply_the_sql_is_shown_and_nothing_is_given(db):
    execute(f"CREATE ROLE {WEB}")
    execute(f"CREATE ROLE {WORKER}")
    out = StringIO()

    call_command("database_grants", web=WEB, worker=WORKER, stdout=out)

    assert f'GRANT SELECT ON TABLE "audit_leaf" TO "{WEB}";' in out.getvalue().splitlines()
    refused(WEB, "SELECT 1 FROM audit_leaf")


def test_roles_are_made_with_the_passwords_of_files(db, tmp_path):
    for role in BOTH:
        (tmp_path / role).write_text("seven quiet lanterns\n")

    grant(web_password_file=tmp_path / WEB, worker_password_file=tmp_path / WORKER)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolcanlogin, rolsuper, rolpassword FROM pg_authid WHERE rolname LIKE 'grants_%'"
        )
        made = sorted((name, may, strong, kept[:14]) for name, may, strong, kept in cursor.fetchall())
    assert made == [(role, True, False, "SCRAM-SHA-256$") for role in BOTH]


@pytest.mark.parametrize("content", [None, "\n"])
def test_a_password_file_without_a_password_is_refused(db, tmp_path, content):
    if content is not None:
        (tmp_path / "empty").write_text(content)

    with pytest.raises(CommandError, match=r"cannot be read|is empty"):
        grant(web_password_file=tmp_path / "empty")


def test_roles_that_are_not_there_are_told_of(db):
    with pytest.raises(CommandError, match=f"There is no role {WEB} and no role {WORKER}"):
        grant()


@pytest.mark.parametrize(
    "sql",
    [
        f"ALTER ROLE {WEB} SUPERUSER",
        f"ALTER ROLE {WEB} CREATEROLE",
        f"ALTER TABLE audit_leaf OWNER TO {WEB}",
        f"DO $$ BEGIN EXECUTE format('GRANT %I TO {WEB}', current_user); END $$",
    ],
)
def test_a_role_that_could_get_round_its_grants_is_refused(roles, sql):
    execute(sql)

    with pytest.raises(CommandError, match=f"{WEB} could get round any grant"):
        grant()


def test_one_role_for_both_is_refused(db):
    with pytest.raises(CommandError, match="a role each"):
        call_command("database_grants", web=WEB, worker=WEB)
