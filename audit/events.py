"""What the audit app itself logs."""

from audit.kinds import NAMED_TEXTS, NUMBER, NUMBERS, TEXT, YES_NO
from audit.registry import declare

SECURITY_LOG_VIEWED = declare("security_log.viewed", "read the security log of {target}", log="security")

LOG_ERASED = declare(
    "log.erased",
    "erased what old entries said, {count} in all ({why})",
    log="security",
    kept={"count": NUMBER, "numbers": NUMBERS, "kept": TEXT},
)
LOG_EXPORTED = declare(
    "log.exported",
    "exported the {log} log of {target} as {format}",
    log="security",
    kept={"filters": NAMED_TEXTS, "at_least": NUMBER},
)
HISTORY_PROVED = declare(
    "log.proved",
    "downloaded proofs of the history of one {object_type} of {target}",
    log="security",
    kept={"object_id": TEXT},
)
LOG_VIEW_SAVED = declare("log_view.saved", "saved the view {target} of the {log} log for {audience}", log="security")
LOG_VIEW_CHANGED = declare(
    "log_view.changed", "changed the saved view {target} of the {log} log", log="security", changes=True
)
LOG_VIEW_DELETED = declare("log_view.deleted", "deleted the saved view {target} of the {log} log", log="security")
LOG_STREAM_MADE = declare(
    "log_stream.made",
    "set up a stream of both logs to {target}, from entry {number} on",
    log="security",
    kept={"number": NUMBER, "address": TEXT},
)
LOG_STREAM_CHANGED = declare(
    "log_stream.changed", "changed the address of the log stream to {target}", log="security", changes=True
)
LOG_STREAM_SECRET_RENEWED = declare(
    "log_stream.secret_renewed", "made a new secret for the log stream to {target}", log="security"
)
LOG_STREAM_TESTED = declare(
    "log_stream.tested", "sent a test to {target}, where the logs are streamed to: {result}", log="security"
)
LOG_STREAM_PAUSED = declare("log_stream.paused", "paused the log stream to {target}", log="security")
LOG_STREAM_RESUMED = declare(
    "log_stream.resumed",
    "resumed the log stream to {target} from entry {number} on",
    log="security",
    kept={"number": NUMBER},
    changes=True,
)
LOG_STREAM_REMOVED = declare("log_stream.removed", "removed the log stream to {target}", log="security")
LOG_STREAM_FAILED = declare(
    "log_stream.failed", "paused the log stream to {target}, which failed for a day: {failure}", log="security"
)
LOG_KEY_REPLACED = declare(
    "log_key.replaced",
    "replaced the key that signs the logs, {former}, by {target}, at {size} entries",
    log="security",
    kept={"size": NUMBER, "is_lost": YES_NO},
)
