"""What people send with each form about the logs themselves, and the entries that leaves."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.alert_kinds import kinds
from audit import log, sealing
from audit.actors import Actor
from audit.models import SavedView, Stream
from billing import events
from tests import books, queue
from tests.access.changes import ADA, Change, Scene, says

LONG_AGO = timedelta(days=500)
URL = "https://siem.example/intake-9f2c81"
RETENTION = "automation Retention of the logs"


def adas_view(of: str) -> Callable[[Scene], None]:
    """The saved view of this log is Ada's."""

    def given(scene: Scene) -> None:
        SavedView.objects.filter(pk=getattr(scene.owned, f"{of}_view").pk).update(user_id=scene.user.pk)

    return given


def old_entry(scene: Scene) -> None:
    """The contact did something that can be erased by now."""
    by, at = Actor.contact(scene.owned.contact), timezone.now()
    log.record(events.CUSTOMER_ARCHIVED, target=scene.owned.customer, by=by, at=at - LONG_AGO)
    sealing.turn(at)


def without_stream(scene: Scene) -> None:
    Stream.objects.filter(company_id=scene.company.pk).delete()


def paused(scene: Scene) -> None:
    Stream.objects.filter(company_id=scene.company.pk).update(paused_at=books.AT)


def all_that_can_be_off(scene: Scene) -> dict[str, list[str]]:
    return {"alerts": [kind.code for kind in kinds() if kind.can_be_off]}


def of_one_log(of: str) -> list[Change]:
    """The saved views and the files of one of the logs."""
    view, log_of, report = f"audit:{of}_view", f"audit:{of}_export", f"billing:{of}_log_report"
    return [
        Change(f"{view}_save", "administrator", [f"log_view.saved {ADA}"], says(name="Refused", is_shared="on")),
        Change(f"{view}_edit", "administrator", [f"log_view.changed {ADA}"], says(name="Renamed"), adas_view(of)),
        Change(f"{view}_delete", "administrator", [f"log_view.deleted {ADA}"]),
        Change(log_of, "administrator", [f"log.exported {ADA}"], says(format="csv")),
        Change(log_of, "administrator", [f"log.exported {ADA}"], says(format="jsonl")),
        Change(report, "administrator", [f"log.exported {ADA}"]),
    ]


OF_LOGS = [
    *of_one_log("billing"),
    *of_one_log("security"),
    Change("accounts:alert_deal_with", "administrator", [f"alert.dealt_with {ADA}"]),
    Change("accounts:log_settings", "administrator", [f"log_settings.changed {ADA}"], says(addresses="a@siem.example")),
    Change("accounts:log_settings", "administrator", [], all_that_can_be_off),
    Change(
        "accounts:log_retention",
        "administrator",
        [f"log_retention.changed {ADA}"],
        says(kept_months=24, confirmed="on"),
    ),
    Change("accounts:log_retention", "administrator", [], says(kept_months=24)),
    Change(
        "accounts:log_erasing_person",
        "administrator",
        [f"log.erased {RETENTION}", f"log_erasing.asked {ADA}"],
        says(reason="Request 7"),
        old_entry,
        afterwards=queue.work,
    ),
    Change(
        "accounts:log_stream_set_up",
        "administrator",
        [f"log_stream.made {ADA}"],
        says(url=URL, start="now"),
        without_stream,
    ),
    Change("accounts:log_stream_set_up", "administrator", [], says(url=URL, start="now")),
    Change("accounts:log_stream_address", "administrator", [f"log_stream.changed {ADA}"], says(url=URL)),
    Change("accounts:log_stream_secret", "administrator", [f"log_stream.secret_renewed {ADA}"]),
    Change("accounts:log_stream_test", "administrator", [f"log_stream.tested {ADA}"]),
    Change("accounts:log_stream_pause", "administrator", [f"log_stream.paused {ADA}"]),
    Change("accounts:log_stream_resume", "administrator", [f"log_stream.resumed {ADA}"], says(number=1), paused),
    Change("accounts:log_stream_remove", "administrator", [f"log_stream.removed {ADA}"]),
]
