"""A change and its entry stand or fall together, at every address that changes something."""

from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.db import transaction

from accounts.scoping import in_company
from audit import log
from tests.access.account_changes import OF_ACCOUNTS
from tests.access.changes import OF_BILLING
from tests.access.log_changes import OF_LOGS
from tests.access.routes import route
from tests.access.team_changes import OF_TEAM
from tests.access.test_every_change_is_logged import stage  # noqa: F401
from tests.access.test_get_is_safe import ALWAYS, contents
from tests.house.code import report

# Its entry is the worker's: a request does the same whether the password was right or not.
LATER = {"accounts:lost_factor"}
CHANGES = [
    change for change in OF_ACCOUNTS + OF_TEAM + OF_BILLING + OF_LOGS if change.entries and change.route not in LATER
]
# Counts of tries are kept whatever becomes of a try, and a session lives on with each page.
APART = {"security_tally", "accounts_session"}
# What was shown as a proof is used up, whatever becomes of the try.
USED_UP = {
    "accounts_totpdevice": ({"last_step", "last_used_at"}, "a code is good once"),
    "django_otp_webauthn_webauthncredential": ({"sign_count", "last_used_at"}, "a passkey counts its uses"),
}


class Broken(Exception):
    """What a test lets go wrong."""


def not_written(*details, **data):
    raise Broken


def written_and_lost(write):
    def broken(*details, **data):
        write(*details, **data)
        raise Broken

    return broken


@pytest.mark.parametrize("when", ["before its entry is written", "after its entry is written"])
def test_a_change_that_fails_leaves_nothing(stage, monkeypatch, when):  # noqa: F811
    for table, ignored in USED_UP.items():
        monkeypatch.setitem(ALWAYS, table, ignored)
    if when.startswith("before"):
        monkeypatch.setattr(log, "entry", not_written)
    else:
        monkeypatch.setattr(log, "record", written_and_lost(log.record))
        monkeypatch.setattr(log, "record_many", written_and_lost(log.record_many))
    wrong = [f"{change.route}: {table}" for change in CHANGES for table in left_by(stage, change)]
    assert not wrong, report(wrong)


def left_by(stage, change):  # noqa: F811
    """The tables that hold something else after a sending that failed; afterwards nothing of it is left."""
    world, browser = stage.world, stage.people[change.who]
    scene = SimpleNamespace(**vars(world), user=stage.users.get(change.who), browser=browser)
    scene.owned = SimpleNamespace(**vars(world.owned))
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        with pytest.MonkeyPatch.context() as sound, in_company(world.company):
            sound.setattr(log, "entry", ENTRY)
            sound.setattr(log, "record", RECORD)
            sound.setattr(log, "record_many", RECORD_MANY)
            change.given(scene)
            sent = change.sends(scene)
        before = contents()
        failed = False
        try:
            response = browser.post(route(change.route).address(scene.owned) + change.query(scene), sent)
            if response.streaming:
                list(response)
        except Broken:
            failed = True
        after = contents()
        change.afterwards()
        transaction.set_rollback(True)
    browser.cookies = cookies
    changed = [table for table in after if after[table] != before[table] and table not in APART]
    return changed if failed else [*changed, "nothing went wrong"]


ENTRY, RECORD, RECORD_MANY = log.entry, log.record, log.record_many
