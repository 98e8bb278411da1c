"""Stored permissions this version does not know keep the product from starting."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts import checks as permission_checks
from accounts.models import ApiKey
from security import checks
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def key(membership, *permissions, **fields):
    return ApiKey.objects.create(
        company=membership.company,
        membership=membership,
        name="Backup",
        key_hash="-".join(permissions),
        permissions=permissions,
        created_at=make.AT,
        expires_at=make.AT,
        **fields,
    )


def start():
    try:
        checks.stop_if_unsafe()
    except SystemExit as refusal:
        return str(refusal)
    finally:
        assert connection.connection is None or connection.vendor == "sqlite"
    return "started"


def test_unknown_values_of_roles_and_keys_stop_the_start():
    ada = make.member()
    make.role(ada.company, "invoice.view", "invoice.shred", name="Shredder", limits={"invoice.burn": {"EUR": 5}})
    key(ada, "invoice.view", "api_key.lend")
    key(ada, "invoice.lend", revoked_at=make.AT)

    hint = "which is no permission. Run the version that knows it, or a migration that renames it."
    assert start() == "\n".join(
        [
            f"The role “Shredder” of the company Harbour Works holds “invoice.burn”, {hint}",
            f"The role “Shredder” of the company Harbour Works holds “invoice.shred”, {hint}",
            f"The API key “Backup” of the company Harbour Works holds “api_key.lend”, {hint}",
        ]
    )


def test_known_values_start():
    make.role(make.company(), "invoice.view")
    assert start() == "started"


def test_while_migrations_wait_nothing_is_asked(monkeypatch):
    make.role(make.company(), "invoice.shred")
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("accounts", "0002_rename")])
    assert start() == "started"


def test_a_database_that_is_away_does_not_stop_the_start(monkeypatch):
    def away(*args):
        raise OperationalError("could not connect to server")

    monkeypatch.setattr(permission_checks, "MigrationExecutor", away)
    assert start() == "started"


def test_the_database_is_asked_only_by_who_says_so():
    make.role(make.company(), "invoice.shred")
    assert run_checks(tags=[Tags.database]) == []
    assert permission_checks.stored_permissions_are_known(None, databases=["other"]) == []
