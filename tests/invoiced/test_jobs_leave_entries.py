"""Every schedule, task and command of ours either changes nothing that is logged, or leaves the entries listed here.

A new one has its line here: its entries, each with who the log says it was, or why it leaves none.
"""

import ast
import contextlib
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils.module_loading import import_string

from audit import log
from audit.models import Envelope
from invoiced.schedules import SCHEDULES
from tests import visitors
from tests.access.test_every_change_is_logged import ids_in_logs, logs
from tests.house.code import dotted, modules
from tests.invoiced import jobs
from tests.invoiced.jobs import AT

pytestmark = pytest.mark.django_db

OF_SCHEDULES = {
    "reminders": (["reminder.sent automation Automatic reminders"], jobs.an_invoice_is_late),
    "unsettled attempts": (["attempt.failed automation Follow-up of payments"], jobs.an_attempt_was_forgotten),
    "alerts": (["alert.raised automation Alerts"], jobs.bank_details_changed),
    "trouble with the log": (["alert.raised automation Alerts"], jobs.the_sealer_has_a_problem),
    "checkpoint mail": (["checkpoint.mailed automation Checkpoint mail"], jobs.a_checkpoint_is_wanted),
    "factor resets": (["factor_reset.done automation Follow-up of lost factors"], jobs.a_reset_was_agreed_to),
    "late approvals": (["approval.expired automation Follow-up of approvals"], jobs.nobody_decided),
    "expiring API keys": (["api_key.expiry_told automation Expiry of API keys"], jobs.a_key_ends_soon),
    "access reviews": (["access_review.announced automation Reminder of access reviews"], jobs.nobody_reviewed),
    "unused members": (["member.unused_warned automation Follow-up of unused members"], jobs.somebody_stays_away),
    "log retention": (["log.erased automation Retention of the logs"], jobs.an_entry_is_old),
}
SCHEDULES_WITHOUT = {
    "stale tasks": "gives a task another try, and the task leaves the entries",
    "log check": "reads the log; what it finds is kept with the check, and the alert of it has an entry",
    "log check pieces": "the same",
    "planner statistics": "looks at a few rows of each index, for the database to find rows by",
    "clearing out": "removes what nobody can use or see any more",
}
OF_TASKS = {
    "accounts.actions.log_erasing.carry_out": (
        ["log.erased automation Retention of the logs"],
        jobs.an_old_entry_is_about_somebody,
    ),
    "accounts.actions.lost_factors.pass_on": (
        ["factor_reset.asked visitor Somebody not signed in"],
        jobs.who_lost_their_factors_asks,
    ),
    "accounts.letters.deliver": (["letter.failed automation Automatic mail"], jobs.a_letter_is_refused),
    "billing.actions.attempts.ask_provider": (
        ["attempt.handed_over automation Sandbox gateway"],
        jobs.an_attempt_began,
    ),
    "billing.actions.attempts.ask_outcome": (
        ["attempt.succeeded automation Sandbox gateway", "payment.recorded automation Sandbox gateway"],
        jobs.a_charge_succeeded,
    ),
    "billing.emails.deliver": (["email.sent automation Automatic mail"], jobs.an_invoice_is_to_be_sent),
}
TASKS_WITHOUT = {
    "accounts.actions.alarms.out_of_tries": "writes a letter about a wait that has its entry",
    "accounts.actions.alarms.second_step_failed": "writes a letter about a failure that has its entry",
}
NEW_COMPANY = [
    "Harbour",
    "--time-zone=UTC",
    "--currency=EUR",
    "--email=cy@harbour.example",
    "--person=Cy",
    "--generate-password",
]
OF_COMMANDS = {
    "create_company": (
        [f"{event} operator create_company" for event in ("company.created", "member.added", "user.created")]
        + ["seller.created operator create_company"],
        lambda stage: NEW_COMPANY,
    ),
    "reset_second_factor": (["factor_reset.done operator reset_second_factor"], jobs.somebody_lost_everything),
    "hand_over_company": (["ownership.handed_over operator hand_over_company"], jobs.the_owner_is_gone),
    "drop_approval_rules": (["approval_rules.changed operator drop_approval_rules"], jobs.something_waits),
    "replace_log_key": (["log_key.replaced operator replace_log_key"], jobs.the_log_is_signed),
    "send_payment_reminders": (["reminder.sent automation Automatic reminders"], jobs.reminders_are_due),
}
COMMANDS_WITHOUT = {
    "check_books": "only reads",
    "verify_audit_log": "only reads; what it writes is where to go on",
    "witness": "keeps what it saw of a log in a file of its own",
    "seal_log": "gives entries their place and signs them; an entry of that would have to be sealed in turn",
    "worker": "runs what stands above",
    "demo": "makes a company to look at by the actions of the product, which leave their entries",
    "database_grants": "decides what the roles of the database may do, before anything of ours runs as them",
}
EACH = {
    **{f"schedule {name}": (SCHEDULES[name][1], *job) for name, job in OF_SCHEDULES.items()},
    **{f"task {path}": (path, *job) for path, job in OF_TASKS.items()},
    **{f"command {name}": (name, *job) for name, job in OF_COMMANDS.items()},
}


class Broken(Exception):
    """What a test lets go wrong."""


@pytest.fixture
def stage(company, acme, settings, monkeypatch):
    settings.DEMO = True
    with time_machine.travel(AT, tick=False):
        ada = visitors.member(company, "administrator", "Ada")
        yield SimpleNamespace(company=company, acme=acme, ada=ada, monkeypatch=monkeypatch)


def test_every_schedule_task_and_command_is_listed():
    tasks = {
        f"{module.name.removesuffix('.py').replace('/', '.')}.{node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Call) and dotted(one.func) == "task" for one in node.decorator_list)
    }
    commands = {
        module.name.rpartition("/")[2].removesuffix(".py")
        for module in modules()
        if "/management/commands/" in module.name and not module.name.endswith("__init__.py")
    }
    assert {*OF_SCHEDULES, *SCHEDULES_WITHOUT} == set(SCHEDULES)
    assert {*OF_TASKS, *TASKS_WITHOUT} == tasks
    assert {*OF_COMMANDS, *COMMANDS_WITHOUT} == commands


@pytest.mark.parametrize("job", EACH)
def test_what_acts_by_itself_leaves_its_entries_under_its_name(stage, job):
    what, expected, prepare = EACH[job]
    arguments, before = prepare(stage), ids_in_logs()

    run(job, what, arguments)

    written = [entry for entry in logs() if entry.pk not in before]
    assert sorted(f"{one.action} {one.actor_type} {one.actor_label}" for one in written) == sorted(expected)


@pytest.mark.parametrize("job", EACH)
def test_what_fails_leaves_none(stage, job):
    what, _, prepare = EACH[job]
    arguments, before, fallen = prepare(stage), ids_in_logs(), []
    for owner, name in ((Envelope, "save"), (log, "record_many")):
        stage.monkeypatch.setattr(owner, name, broken(getattr(owner, name), fallen))

    with contextlib.suppress(Broken, CommandError):
        run(job, what, arguments)

    assert fallen
    assert ids_in_logs() == before


def broken(write, fallen):
    """Writing entries, and then something goes wrong in the same transaction."""

    def written_and_lost(*details, **data):
        write(*details, **data)
        fallen.append(write)
        raise Broken

    return written_and_lost


def run(job, what, arguments):
    if job.startswith("schedule"):
        what(AT)
    elif job.startswith("task"):
        import_string(what).call(*arguments)
    else:
        call_command(what, *arguments)
