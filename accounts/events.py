"""What accounts writes into the account-security log."""

from audit.kinds import NUMBER, TEXT, TEXTS
from audit.registry import declare, reserve

USER_CREATED = declare("user.created", "created the account of {target}", log="security")
USER_SIGNED_IN = declare("user.signed_in", "signed in with {method}", log="security")
USER_PASSWORD_ACCEPTED = declare(
    "user.password_accepted", "gave the right password of {target} and was asked for the second step", log="security"
)
USER_SIGN_IN_FAILED = declare("user.sign_in_failed", "could not sign in as {target}", log="security")
USER_SIGNED_OUT = declare("user.signed_out", "signed out", log="security")
USER_PASSWORD_CHANGED = declare("user.password_changed", "changed the password of {target}", log="security")
PASSWORD_RESET_ASKED = declare("password_reset.asked", "asked to reset the password of {target}", log="security")
USER_PASSWORD_RESET = declare(
    "user.password_reset", "chose a new password for {target} by a mailed link", log="security"
)

PASSWORD_REFUSED = declare("password.refused", "gave a wrong current password for {target}", log="security")
TRIES_REFUSED = declare(
    "tries.refused",
    "had to wait {minutes} minutes after too many tries as {target}",
    log="security",
    kept={"minutes": NUMBER},
)
DEVICE_ADDED = declare("device.added", "signed in for the first time in {target}", log="security")
PASSKEY_REFUSED = declare("passkey.refused", "could not sign in with a passkey", log="security")
RECOVERY_CODE_USED = declare(
    "recovery_code.used", "used a recovery code of {target}, which leaves {left}", log="security", kept={"left": NUMBER}
)
STEP_UP_PASSED = declare("step_up.passed", "confirmed with {method} who they are", log="security")
ACCESS_REFUSED = declare("access.refused", "was refused the page {page}", log="security", kept={"route": TEXT})
RECORD_NOT_FOUND = declare(
    "record.not_found",
    "asked at {page} for something that is not theirs or not there",
    log="security",
    kept={"route": TEXT},
)

FACTOR_FAILED = declare("factor.failed", "gave a wrong, used or outdated code for {target}", log="security")
FACTOR_STARTED = declare("factor.started", "began to set up an authenticator app", log="security")
FACTOR_ENROLLED = declare("factor.enrolled", "set up {factor} for {target}", log="security")
FACTOR_RENAMED = declare("factor.renamed", "renamed {factor} of {target} to “{name}”", log="security")
FACTOR_REMOVED = declare("factor.removed", "removed {factor} of {target}", log="security")
PASSKEY_NOT_ADDED = declare("passkey.not_added", "could not add a passkey for {target}: {reason}", log="security")
RECOVERY_CODES_REPLACED = declare("recovery_codes.replaced", "replaced the recovery codes of {target}", log="security")

FACTOR_RESET_ASKED = declare("factor_reset.asked", "asked for the factors of {target} to be removed", log="security")
FACTOR_RESET_APPROVED = declare(
    "factor_reset.approved", "agreed that the factors of {target} are removed a day later", log="security"
)
FACTOR_RESET_REFUSED = declare("factor_reset.refused", "refused to remove the factors of {target}", log="security")
FACTOR_RESET_CANCELLED = declare(
    "factor_reset.cancelled", "stopped the removal of the factors of {target}", log="security"
)
FACTOR_RESET_DONE = declare("factor_reset.done", "removed every factor and recovery code of {target}", log="security")
POLICY_CHANGED = declare("policy.changed", "changed the sign-in rules of {target}", log="security", changes=True)

SESSION_ENDED = declare("session.ended", "ended the session in {target}", log="security", kept={"address": TEXT})
SESSIONS_ENDED = declare(
    "sessions.others_ended", "ended all other sessions of {target}", log="security", kept={"count": NUMBER}
)
SESSION_DROPPED = declare(
    "session.dropped",
    "signed in beyond ten sessions, which ended the one in {target}",
    log="security",
    kept={"address": TEXT},
)

COMPANY_CREATED = declare("company.created", "created the company {target}", log="security")
COMPANY_ENTERED = declare("company.entered", "switched to {target}", log="security")
MEMBER_ADDED = declare("member.added", "added {target} as {role}", log="security")
MEMBER_REVOKED = declare(
    "member.revoked",
    "ended the membership of {target}",
    log="security",
    kept={
        "new_owner": TEXT,
        "sessions_ended": NUMBER,
        "api_access_revoked": NUMBER,
        "requests_withdrawn": NUMBER,
        "invitations_withdrawn": NUMBER,
    },
)
MEMBER_ROLE_CHANGED = declare(
    "member.role_changed", "changed the role of {target} from {former} to {role}", log="security", changes=True
)
MEMBER_RESTRICTION_CHANGED = declare(
    "member.restriction_changed", "changed which customers {target} sees: {sight}", log="security", changes=True
)
MEMBER_SUSPENDED = declare("member.suspended", "suspended {target}", log="security", kept={"sessions_ended": NUMBER})
MEMBER_REACTIVATED = declare(
    "member.reactivated", "let {target} in again", log="security", kept={"suspended_since": TEXT}
)
MEMBER_UNUSED_WARNED = declare(
    "member.unused_warned",
    "warned {target}, who has not been here for {days} days",
    log="security",
    kept={"days": NUMBER},
)
MEMBER_UNUSED_SUSPENDED = declare(
    "member.unused_suspended",
    "suspended {target}, who has not been here for {days} days",
    log="security",
    kept={"days": NUMBER, "sessions_ended": NUMBER},
)
OWNERSHIP_OFFERED = declare("ownership.offered", "offered the ownership of {target} to {person}", log="security")
OWNERSHIP_PASSED = declare(
    "ownership.passed", "took over the ownership of {target} from {former}", log="security", changes=True
)
OWNERSHIP_DECLINED = declare("ownership.declined", "declined the ownership of {target}", log="security")
OWNERSHIP_WITHDRAWN = declare("ownership.withdrawn", "took back the offer of {target} to {person}", log="security")
OWNERSHIP_HANDED_OVER = declare(
    "ownership.handed_over", "made {person} the owner of {target} in place of {former}", log="security", changes=True
)

API_KEY_MADE = declare("api_key.made", "made the API key {target}", log="security", changes=True)
API_KEY_RESTRICTED = declare(
    "api_key.restricted", "changed which customers the API key {target} sees: {sight}", log="security", changes=True
)
API_KEY_REVOKED = declare("api_key.revoked", "revoked the API key {target} of {maker}", log="security", changes=True)
API_KEY_VIEWED = declare("api_key.viewed", "opened the page of the API key {target}", log="security")
API_KEY_USED = declare("api_key.used", "read records for the first time that day", log="security")
API_KEY_EXPIRY_TOLD = declare(
    "api_key.expiry_told", "told {maker} that the API key {target} ends on {last_day}", log="security"
)

LETTER_FAILED = declare("letter.failed", "could not mail {target}: {failure}", log="security", kept={"recipient": TEXT})
ACCOUNT_LOCKED = declare(
    "account.locked", "said by a mailed link that it was not {target}: sessions ended, account locked", log="security"
)
WAIT_LIFTED = declare("wait.lifted", "lifted the wait of {target} by a mailed link", log="security")
EMAIL_CHANGE_STARTED = declare(
    "email_change.started", "asked to change the address of {person} to {new_email}", log="security"
)
EMAIL_CHANGE_AGREED = declare(
    "email_change.agreed", "agreed with the {side} address to the {target} of {person}", log="security"
)
EMAIL_CHANGE_STOPPED = declare("email_change.stopped", "stopped the {target} of {person}", log="security")
USER_EMAIL_CHANGED = declare(
    "user.email_changed",
    "changed the address of {target} from {old_email} to {new_email}",
    log="security",
    changes=True,
)
USER_EMAIL_RESTORED = declare(
    "user.email_restored",
    "gave {target} back the address {old_email} in place of {new_email}",
    log="security",
    changes=True,
)

# Roles
ROLE_CREATED = declare("role.created", "made the role {target}", log="security", changes=True)
ROLE_CHANGED = declare("role.changed", "changed the role {target}", log="security", changes=True)
ROLE_DELETED = declare("role.deleted", "deleted the role {target}; {moved}", log="security", changes=True)

# Invitations
INVITATION_CREATED = declare("invitation.created", "invited {target} as {role}", log="security")
INVITATION_RESENT = declare("invitation.resent", "sent the invitation of {target} again", log="security", changes=True)
INVITATION_WITHDRAWN = declare("invitation.withdrawn", "withdrew the invitation of {target}", log="security")
INVITATION_RESTRICTED = declare(
    "invitation.restricted", "chose which customers {target} will see on joining: {sight}", log="security", changes=True
)
INVITATION_ACCEPTED = declare("invitation.accepted", "accepted the invitation of {target} as {role}", log="security")
INVITATION_REFUSED = declare(
    "invitation.refused", "could not accept the invitation of {target}, which is withdrawn: {reason}", log="security"
)

# Access reviews
ACCESS_REVIEW_STARTED = declare("access_review.started", "began the {target}", log="security")
ACCESS_REVIEW_FINISHED = declare("access_review.finished", "finished the {target}", log="security")
ACCESS_REVIEW_EXPORTED = declare("access_review.exported", "exported the {target}", log="security")
ACCESS_REVIEW_ANNOUNCED = declare(
    "access_review.announced", "told the administrators of {target} that an access review is due", log="security"
)
MEMBER_CONFIRMED = declare("member.confirmed", "confirmed {target} as {role}: {sight}", log="security")

# What waits for a second person
APPROVAL_ASKED = declare(
    "approval.asked", "asked a second person to let them {act}: {target}", log="security", kept={"requester": TEXT}
)
APPROVAL_APPROVED = declare("approval.approved", "agreed that {requester} may {act}: {target}", log="security")
APPROVAL_REFUSED = declare("approval.refused", "did not agree that {requester} may {act}: {target}", log="security")
APPROVAL_WITHDRAWN = declare(
    "approval.withdrawn", "withdrew their request to {act}: {target}", log="security", kept={"requester": TEXT}
)
APPROVAL_EXPIRED = declare(
    "approval.expired", "let the request of {requester} to {act} lapse: {target}", log="security"
)
APPROVAL_USED = declare(
    "approval.used", "used the agreement to {act}: {target}", log="security", kept={"requester": TEXT}
)
APPROVAL_RULES_CHANGED = declare(
    "approval_rules.changed", "changed what waits for a second person at {target}", log="security", changes=True
)

# Alerts, and the log's checkpoints by mail
ALERT_RAISED = declare("alert.raised", "raised an alert: {target}", log="security", kept={"kind": TEXT, "entry": TEXT})
ALERT_ENDED = declare("alert.ended", "noted that this is over: {target}", log="security", kept={"kind": TEXT})
ALERT_DEALT_WITH = declare("alert.dealt_with", "dealt with the alert: {target}", log="security", kept={"kind": TEXT})
LOG_SETTINGS_CHANGED = declare(
    "log_settings.changed", "changed what {target} is alerted of, and who gets it", log="security", changes=True
)
CHECKPOINT_MAILED = declare(
    "checkpoint.mailed",
    "mailed the log’s checkpoint of {size} entries to {recipients}",
    log="security",
    kept={"size": NUMBER, "recipients": TEXTS},
)

# How long the logs say what they say
LOG_RETENTION_CHANGED = declare(
    "log_retention.changed", "changed how long {target} keeps what its entries say", log="security", changes=True
)
LOG_ERASING_ASKED = declare(
    "log_erasing.asked",
    "asked to erase what old entries say about a person: {reason}",
    log="security",
    kept={"person": TEXT},
)

# Access of our own support staff, which the product does not have yet: no entry can be written under these names.
reserve("support.asked", "asked to see the data of {target}: {reason}", log="security")
reserve("support.granted", "let support see the data of {target} until {until}", log="security")
reserve("support.revoked", "ended the access of support to {target}", log="security")
reserve("support.entered", "entered {target} as support", log="security")
reserve("support.viewed", "looked at {page} of {target} as support", log="security")
