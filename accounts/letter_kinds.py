"""Every kind of letter there is about accounts and teams: what it tells, and where its button leads."""

from dataclasses import dataclass

from accounts.models import MailedLink

Purpose = MailedLink.Purpose


@dataclass(frozen=True, slots=True)
class Kind:
    """What a letter tells and where its link leads. The facts it needs; `device` and `ip` may always be told."""

    facts: frozenset[str] = frozenset()
    link: Purpose | None = None


def _kind(*facts: str, link: Purpose | None = None) -> Kind:
    return Kind(frozenset(facts), link)


KINDS: dict[str, Kind] = {
    "new_device": _kind(link=Purpose.NOT_ME),
    "password_changed": _kind(link=Purpose.NOT_ME),
    "password_reset": _kind(link=Purpose.RESET_PASSWORD),
    "locked": _kind(link=Purpose.UNLOCK),
    "wait_inside": _kind(link=Purpose.NOT_ME),
    "second_step_failed": _kind(link=Purpose.NOT_ME),
    "not_me_done": _kind("factors", "fresh_start"),
    "email_change_old": _kind("new_email", link=Purpose.OLD_EMAIL),
    "email_change_new": _kind("old_email", link=Purpose.NEW_EMAIL),
    "email_change_taken": _kind(),
    "email_changed": _kind("new_email", link=Purpose.NOT_ME),
    "email_changed_new": _kind("old_email"),
    "factor_added": _kind("factor", link=Purpose.NOT_ME),
    "factor_removed": _kind("factor", link=Purpose.NOT_ME),
    "recovery_code_used": _kind("codes_left", link=Purpose.NOT_ME),
    "recovery_codes_replaced": _kind(link=Purpose.NOT_ME),
    "factor_reset_wanted": _kind(link=Purpose.NOT_ME),
    "factor_reset_asked": _kind("person", "page"),
    "factor_reset_needed": _kind("person", "page"),
    "factor_reset_announced": _kind("person", "approver", "due", "page"),
    "factor_reset_approved": _kind("approver", "due", link=Purpose.CANCEL_FACTOR_RESET),
    "factor_reset_refused": _kind("refuser"),
    "factor_reset_done": _kind(link=Purpose.NOT_ME),
    "own_role_changed": _kind("by", "role", "changed"),
    "invitation": _kind("by", "role", link=Purpose.ACCEPT_INVITATION),
    "invitation_accepted": _kind("by", "email", "role"),
    "review_due": _kind(),
    "api_key_made": _kind("key", "may", "due", link=Purpose.NOT_ME),
    "api_key_restricted": _kind("by", "key", "sight"),
    "api_key_revoked": _kind("by", "key"),
    "api_key_expires": _kind("key", "due"),
    "role_changed": _kind("by", "former", "role", "sight"),
    "sight_changed": _kind("by", "sight"),
    "suspended": _kind("by"),
    "reactivated": _kind("by", "role"),
    "revoked": _kind("by"),
    "customers_received": _kind("by", "former", "customers"),
    "unused_warning": _kind("due"),
    "unused_kept": _kind(),
    "unused_suspended": _kind(),
    "ownership_offered": _kind("by", "person", "due"),
    "ownership_offer_sent": _kind("by", "person", "due"),
    "ownership_passed": _kind("by", "owner", "former"),
    "ownership_declined": _kind("by"),
    "ownership_withdrawn": _kind("by"),
    "approval_needed": _kind("by", "act", "about", "page"),
    "approval_decided": _kind("by", "act", "about", "outcome", "page"),
    "approval_expired": _kind("act", "about", "outcome", "page"),
    "approval_rules_changed": _kind("by", "rules"),
    "alert": _kind("alert", "sentence", "happened"),
    "alert_to_address": _kind("alert", "sentence", "happened"),
    "checkpoint": _kind("size"),
}
"""`factor`, `factors` and the people are names; `due` and `happened` are instants in ISO 8601;
`page` is a path of this site; `fresh_start` is empty, "asked" or "nobody to ask"; `changed` tells in sentences what is
different; `sight` says which customers somebody sees."""

INSTANTS = {"due", "happened"}

TO_AN_ADDRESS = frozenset({"invitation", "alert_to_address", "checkpoint"})
"""Kinds for whoever has an address: they leave, and alike, whether it has an account or not."""

TO_WHO_LEFT = frozenset(
    {
        "suspended",
        "revoked",
        "unused_suspended",
        "ownership_withdrawn",
        "factor_reset_approved",
        "factor_reset_refused",
    }
)
"""Kinds that leave also to whoever is not let into the company any more: they tell of that, or of one's own account."""

ORIGIN = {"device", "ip"}
PAGES = {
    "alert": ("accounts:alert_list", "See the alerts"),
    "api_key_expires": ("accounts:api_key_list", "See the API keys"),
    "approval_rules_changed": ("accounts:approval_rules", "See the rules"),
    "not_me_done": ("accounts:forgot_password", "Choose a new password"),
    "review_due": ("accounts:access_review", "Review who has access"),
    "reactivated": ("accounts:sign_in", "Sign in"),
    "unused_warning": ("accounts:sign_in", "Sign in"),
    "unused_kept": ("accounts:sign_in", "Sign in"),
    "ownership_offered": ("accounts:team", "Accept or decline"),
    "ownership_offer_sent": ("accounts:team", "See the offer"),
}
LINKS: dict[str, tuple[str, str]] = {
    Purpose.RESET_PASSWORD: ("accounts:reset_password", "Choose a new password"),
    Purpose.UNLOCK: ("accounts:unlock", "Let me try again now"),
    Purpose.NOT_ME: ("accounts:not_me", "This was not me"),
    Purpose.OLD_EMAIL: ("accounts:email_agree", "Agree, or stop the change"),
    Purpose.NEW_EMAIL: ("accounts:email_agree", "Use this address"),
    Purpose.CANCEL_FACTOR_RESET: ("accounts:factor_reset_cancel", "Keep my second factor"),
    Purpose.ACCEPT_INVITATION: ("accounts:invitation_accept", "Look at the invitation"),
}
