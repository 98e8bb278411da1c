"""None missing, every one named for what it changes, every one reversible."""

import re

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.house.code import APPS, report


def ours() -> list:
    loader = MigrationLoader(None)
    return [migration for (app, _), migration in sorted(loader.disk_migrations.items()) if app in APPS]


@pytest.mark.django_db
def test_none_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_migration_is_named():
    wrong = [
        f"{one.app_label} {one.name}" for one in ours() if re.search(r"_auto_|_\d{8}|^\d{4}$|_and_more$", one.name)
    ]
    assert not wrong, report(wrong)


def test_every_migration_can_be_undone():
    wrong = [
        f"{one.app_label} {one.name}: {operation.describe()}"
        for one in ours()
        for operation in one.operations
        if not operation.reversible
    ]
    assert not wrong, report(wrong)


def test_each_app_has_one_last_migration():
    loader = MigrationLoader(None)
    assert loader.detect_conflicts() == {}
