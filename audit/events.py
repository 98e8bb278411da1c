"""What the audit app itself logs."""

from audit.kinds import NUMBER, NUMBERS, TEXT
from audit.kinds import NAMED_TEXTS
from audit.registry import declare

SECURITY_LOG_VIEWED = declare("security_log.viewed", "read the security log of {target}", log="security")

LOG_ERASED = declare(
    "log.erased",
    "erased what {count} old entries said ({why})",
    log="security",
    kept={"count": NUMBER, "numbers": NUMBERS},
)
LOG_ERASING_ASKED = declare(
    "log_erasing.asked",
    "asked to erase what {count} old entries say about a person: {reason}",
    log="security",
    kept={"count": NUMBER, "person": TEXT},
)
LOG_RETENTION_CHANGED = declare(
    "log_retention.changed", "changed how long {target} keeps what its entries say", log="security", changes=True
)
LOG_EXPORTED = declare(
    "log.exported", "exported the {log} log of {target} as {format}", log="security", kept={"filters": NAMED_TEXTS}
)
LOG_VIEW_SAVED = declare("log_view.saved", "saved the view {target} of the {log} log for {audience}", log="security")
LOG_VIEW_CHANGED = declare(
    "log_view.changed", "changed the saved view {target} of the {log} log", log="security", changes=True
)
LOG_VIEW_DELETED = declare("log_view.deleted", "deleted the saved view {target} of the {log} log", log="security")
